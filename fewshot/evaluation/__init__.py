"""Ways to name pictures are compared on equal terms: contenders, episodes, figures, reports."""
