"""A backbone's name comes in; its card goes out. Nothing is built, nothing heavy is imported."""

from __future__ import annotations

from dataclasses import replace

from fewshot.backbones.choice import FILE
from fewshot.backbones.spec import (
    BackboneSpec,
    KerasNetwork,
    PublishedWeights,
)
from fewshot.errors import UnknownBackbone

DEFAULT = "compact"

_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications"
_VGGFACE = "https://github.com/rcmalli/keras-vggface/releases/download/v2.0"
_STRICT = 0.999
"""Where vectors lie close together, or nobody has looked, only a copy is the same picture."""

_SAME_PICTURE = {("inceptionv3", "mixed8"): 0.99}
"""Of layers other than a backbone's own."""

COMPACT = BackboneSpec(
    name="compact",
    summary="a residual network trained by fewshot, beside palette; the default",
    input_size=112,
    d=758,
    license="MIT; the pictures it learned from state none, or mixed ones (its model card)",
    same_picture=0.99,
    finished=True,
)
PALETTE = BackboneSpec(
    name="palette",
    summary="color and shape layout, numpy only, no weights",
    input_size=96,
    d=502,
    license="MIT (there are no weights)",
    same_picture=0.99,
    finished=True,
)
MOBILENETV2 = BackboneSpec(
    name="mobilenetv2",
    summary="MobileNetV2, alpha 1.0, ImageNet",
    input_size=224,
    d=1280,
    license="Apache-2.0, as Keras states",
    same_picture=0.99,
    network=KerasNetwork(
        weights=PublishedWeights(
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
            f"{_KERAS}/mobilenet_v2/"
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
            size=9_406_464,
        ),
        also=None,
        preprocessing="symmetric",
        layer="out_relu",
        smallest=32,
        source="Sandler et al., CVPR 2018; keras.applications",
    ),
)
INCEPTIONV3 = BackboneSpec(
    name="inceptionv3",
    summary="InceptionV3, ImageNet",
    input_size=299,
    d=2048,
    license="Apache-2.0, as Keras states",
    same_picture=_STRICT,
    network=KerasNetwork(
        weights=PublishedWeights(
            "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
            f"{_KERAS}/inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
            size=87_910_968,
            digest="md5:bcbd6486424b2319ff4ef7d526e38f63",
        ),
        also=None,
        preprocessing="symmetric",
        layer="mixed10",
        smallest=75,
        source="Szegedy et al., CVPR 2016; keras.applications",
    ),
)
VGG19 = BackboneSpec(
    name="vgg19",
    summary="VGG19, ImageNet",
    input_size=224,
    d=512,
    license="CC BY 4.0, as Keras states (Visual Geometry Group, Oxford)",
    same_picture=_STRICT,
    network=KerasNetwork(
        weights=PublishedWeights(
            "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
            f"{_KERAS}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
            size=80_134_624,
            digest="md5:253f8cb515780f3b799900260a226db6",
        ),
        also=None,
        preprocessing="caffe",
        layer="block5_pool",
        smallest=32,
        source="Simonyan, Zisserman, ICLR 2015; keras.applications",
    ),
)

_SIZES = {"rcmalli_vggface_tf_notop_resnet50.h5": 94_694_792}  # of the others none is stated


def _vggface(
    name: str, file: str, summary: str, d: int, layer: str, smallest: int, source: str
) -> BackboneSpec:
    weights, also = (
        PublishedWeights(one, f"{_VGGFACE}/{one}", size=_SIZES.get(one))
        for one in (f"rcmalli_vggface_tf_notop_{file}.h5", f"rcmalli_vggface_tf_{file}.h5")
    )
    version = "vggface" if name == "vggface" else "vggface2"
    return BackboneSpec(
        name=name,
        summary=summary,
        input_size=224,
        d=d,
        license="stated by nobody for this file; Oxford's Visual Geometry Group, who trained the "
        "network, offers it for research, not for commerce",
        same_picture=_STRICT,
        network=KerasNetwork(
            weights, also, version, layer, smallest, f"{source}; rcmalli/keras-vggface 0.6"
        ),
    )


_VGGFACE2_PAPER = "Cao et al., VGGFace2, FG 2018"
BACKBONES: dict[str, BackboneSpec] = {
    spec.name: spec
    for spec in (
        COMPACT,
        PALETTE,
        MOBILENETV2,
        INCEPTIONV3,
        VGG19,
        _vggface(
            "vggface", "vgg16", "VGG16, faces of VGGFace", 512, "pool5", 48,
            "Parkhi, Vedaldi, Zisserman, BMVC 2015",
        ),
        _vggface(
            "vggface-resnet50", "resnet50", "ResNet50, faces of VGGFace2", 2048, "avg_pool", 197,
            _VGGFACE2_PAPER,
        ),
        _vggface(
            "vggface-senet50", "senet50", "SENet50, faces of VGGFace2", 2048, "avg_pool", 197,
            _VGGFACE2_PAPER,
        ),
    )
}  # fmt: skip
"""All there are; `file:PATH` stands for a Keras model of the user's own."""
SHIPPED = (COMPACT,)
"""Those whose graph and manifest lie in the package, in graphs/."""

OWN = BackboneSpec(
    name="file",
    summary="a Keras model of your own",
    input_size=224,
    d=1,
    license="your own model's",
    same_picture=_STRICT,
)


def find_backbone(name: str) -> BackboneSpec:
    """Return a backbone's card; raises UnknownBackbone, which lists those there are.

    For `file:PATH` the card says neither size nor d: its model does.
    """
    if name.startswith(FILE):
        return replace(OWN, name=name)
    try:
        return BACKBONES[name]
    except KeyError:
        known = [*BACKBONES, f"{FILE}{name}"] if "." in name or "/" in name else BACKBONES
        raise UnknownBackbone(name, known) from None


def same_picture_of(name: str, layer: str | None) -> float:
    """Return the cosine from which two pictures are taken for one: a copy, re-encoded or smaller.

    layer: the one that the network is cut at; None for its own. Raises UnknownBackbone.
    """
    spec = find_backbone(name)
    own = spec.network.layer if spec.network else None
    if spec.finished or layer in (None, own):
        return spec.same_picture
    return _SAME_PICTURE.get((name, layer or ""), _STRICT)
