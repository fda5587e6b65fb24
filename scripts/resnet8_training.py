"""What the training scripts of this folder share: ALWANN's ResNet-8, its export and a second reading of the export.

The network is that of V. Mrazek et al., "ALWANN: Automatic Layer-Wise Approximation of Deep Neural Network Accelerators
without Retraining", ICCAD 2019: seven 3x3 convolutions with batch norm, stages of 16, 32, 64 channels with one residual
block each, shortcuts by average pool and zero channels. PyTorch does the training only; what is written (in the format
of docs/network-format.md) is read back and checked with plain numpy, and inference in the toolkit is its own.
"""

import hashlib
import json
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

CLASSES = 10
# Input channels, output channels, stride of conv0 .. conv6.
CONVOLUTIONS = [(3, 16, 1), (16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)]


class ResNet8(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.ModuleList(nn.Conv2d(i, o, 3, s, 1, bias=False) for i, o, s in CONVOLUTIONS)
        self.norm = nn.ModuleList(nn.BatchNorm2d(o, eps=1e-3) for _, o, _ in CONVOLUTIONS)
        self.dense = nn.Linear(64, CLASSES)
        for conv in self.conv:
            nn.init.kaiming_normal_(conv.weight, mode="fan_out")

    def forward(self, x):
        x = F.relu(self.norm[0](self.conv[0](x)))
        for stage in range(3):
            first, second = 1 + 2 * stage, 2 + 2 * stage
            y = F.relu(self.norm[first](self.conv[first](x)))
            y = self.norm[second](self.conv[second](y))
            if stage > 0:
                half = x.shape[1] // 2
                x = F.pad(F.avg_pool2d(x, 2), (0, 0, 0, 0, half, half))
            x = F.relu(x + y)
        return self.dense(x.mean((2, 3)))


def open_log(path):
    """A function that prints a line and appends it to a new file."""
    file = open(path, "w", encoding="utf-8")

    def log(text):
        print(text, flush=True)
        file.write(text + "\n")
        file.flush()

    return log


def to_input(pixels):
    """x = u8/128 - 1 as image x channel x row x column, stored channels last."""
    return torch.from_numpy(pixels.astype(np.float32) / 128 - 1).permute(0, 3, 1, 2)


def parameter_groups(network, weight_decay):
    """Weight decay for the kernels only, not for batch norm and bias."""
    kernels = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim == 1]
    return [{"params": kernels, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0}]


@torch.no_grad()
def predict(network, pixels):
    network.eval()
    batches = [pixels[i : i + 250] for i in range(0, len(pixels), 250)]
    return np.concatenate([network(to_input(batch)).argmax(1).numpy() for batch in batches])


@torch.no_grad()
def recalibrate_batch_norm(network, x):
    """Plain averages of mean and variance over all (not augmented) images, 500 at a time, under the final weights."""
    for norm in network.norm:
        norm.reset_running_stats()
        norm.momentum = None
    network.train()
    for i in range(0, len(x), 500):
        network(x[i : i + 500])
    network.eval()


def write_network(network, prefix, inputs, provenance):
    """Writes prefix.json and prefix.bin; inputs: SHA-256 by role of what it was trained on."""
    layers, tensors, chunks, offset = [], [], [], 0

    def tensor(name, value):
        nonlocal offset
        value = np.ascontiguousarray(value.detach().numpy().astype("<f4"))
        tensors.append({"name": name, "shape": list(value.shape), "offset": offset})
        chunks.append(value.tobytes())
        offset += value.nbytes
        return name

    def convolution(k, source):
        norm = network.norm[k]
        stride = CONVOLUTIONS[k][2]
        layers.append({"name": f"conv{k}", "op": "conv2d", "inputs": [source],
                       "weights": tensor(f"conv{k}/kernel", network.conv[k].weight.permute(2, 3, 1, 0)),
                       "stride": [stride, stride], "pads": [1, 1, 1, 1]})  # fmt: skip
        layers.append({"name": f"bn{k}", "op": "batchNorm", "inputs": [f"conv{k}"],
                       "gamma": tensor(f"bn{k}/gamma", norm.weight), "beta": tensor(f"bn{k}/beta", norm.bias),
                       "mean": tensor(f"bn{k}/mean", norm.running_mean),
                       "variance": tensor(f"bn{k}/variance", norm.running_var), "epsilon": norm.eps})  # fmt: skip
        return f"bn{k}"

    def simple(name, op, *inputs, **more):
        layers.append({"name": name, "op": op, "inputs": list(inputs), **more})
        return name

    x = simple("relu0", "relu", convolution(0, "input"))
    for stage in range(3):
        first, second = 1 + 2 * stage, 2 + 2 * stage
        y = convolution(second, simple(f"relu{first}", "relu", convolution(first, x)))
        if stage > 0:
            half = CONVOLUTIONS[first][0] // 2
            x = simple(f"pool{stage}", "averagePool", x, kernel=[2, 2], stride=[2, 2])
            x = simple(f"pad{stage}", "padChannels", x, before=half, after=half)
        x = simple(f"relu{second}", "relu", simple(f"add{stage}", "add", x, y))
    x = simple("pool", "globalAveragePool", x)
    layers.append({"name": "dense", "op": "dense", "inputs": [x],
                   "weights": tensor("dense/kernel", network.dense.weight.t()),
                   "bias": tensor("dense/bias", network.dense.bias)})  # fmt: skip

    content = b"".join(chunks)
    description = {
        "kind": "float-network",
        "formatVersion": 1,
        "inputs": inputs,
        "tools": {"pytorch": torch.__version__},
        "provenance": provenance,
        "name": os.path.basename(prefix),
        "input": {"height": 32, "width": 32, "channels": 3, "scale": 0.0078125, "zeroPoint": 128},
        "layers": layers,
        "tensors": tensors,
        "bin": {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()},
    }
    for path, data in (
        (prefix + ".bin", content),
        (prefix + ".json", (json.dumps(description, indent=1) + "\n").encode()),
    ):
        with open(path + ".tmp", "wb") as file:
            file.write(data)
        os.replace(path + ".tmp", path)


def check_written(prefix, pixels, predictions, labels, log):
    """Logs what the written files say about the images when numpy runs them: accuracy, differences from PyTorch."""
    again = predict_from_files(prefix, pixels)
    log(
        f"written files read back in numpy: test accuracy {np.mean(again == labels):.4f}, "
        f"{int((again != predictions).sum())} of {len(again)} predictions differ from PyTorch's"
    )
    for label in range(CLASSES):
        mine = labels == label
        log(f"class {label}: {np.mean(again[mine] == label):.3f} of {int(mine.sum())} test images")


def predict_from_files(prefix, pixels):
    """Second reading of the written files: walks the graph with numpy, float64."""
    with open(prefix + ".json", encoding="utf-8") as file:
        description = json.load(file)
    content = np.fromfile(prefix + ".bin", "<f4")
    tensors = {}
    for entry in description["tensors"]:
        start = entry["offset"] // 4
        flat = content[start : start + int(np.prod(entry["shape"]))]
        tensors[entry["name"]] = flat.reshape(entry["shape"]).astype(np.float64)
    return np.concatenate(
        [walk(description["layers"], tensors, pixels[i : i + 200]).argmax(1) for i in range(0, len(pixels), 200)]
    )


def walk(layers, tensors, pixels):
    values = {"input": pixels.astype(np.float64) / 128 - 1}
    for layer in layers:
        x = values[layer["inputs"][0]]
        op = layer["op"]
        if op == "conv2d":
            y = convolve(x, tensors[layer["weights"]], layer["stride"][0], layer["pads"])
        elif op == "batchNorm":
            scale = tensors[layer["gamma"]] / np.sqrt(tensors[layer["variance"]] + layer["epsilon"])
            y = (x - tensors[layer["mean"]]) * scale + tensors[layer["beta"]]
        elif op == "relu":
            y = np.maximum(x, 0)
        elif op == "add":
            y = x + values[layer["inputs"][1]]
        elif op == "averagePool":
            y = (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4
        elif op == "padChannels":
            y = np.pad(x, ((0, 0), (0, 0), (0, 0), (layer["before"], layer["after"])))
        elif op == "globalAveragePool":
            y = x.mean((1, 2))
        else:
            y = x @ tensors[layer["weights"]] + tensors[layer["bias"]]
        values[layer["name"]] = y
    return values[layers[-1]["name"]]


def convolve(x, kernel, stride, pads):
    top, left, bottom, right = pads
    x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    rows = (x.shape[1] - kernel.shape[0]) // stride + 1
    columns = (x.shape[2] - kernel.shape[1]) // stride + 1
    y = 0
    for ky in range(kernel.shape[0]):
        for kx in range(kernel.shape[1]):
            y = y + x[:, ky::stride, kx::stride][:, :rows, :columns] @ kernel[ky, kx]
    return y
