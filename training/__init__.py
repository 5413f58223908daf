"""What made the network `compact`: outside the wheel, for whoever wants to make another."""
