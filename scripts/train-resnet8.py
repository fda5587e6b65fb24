"""Trains the embedded ResNet-8 and writes it in the format of docs/network-format.md.

Usage: train-resnet8.py IMAGES_FOLDER OUTPUT_PREFIX   (scripts/train-resnet8 makes the folder)

IMAGES_FOLDER holds, for "train" and "test", SPLIT.labels (u8), SPLIT.pixels (u8, image x 32 x 32 x RGB) and SPLIT.json
(name, sha256). Written: OUTPUT_PREFIX.json, OUTPUT_PREFIX.bin and the log OUTPUT_PREFIX.train.log.
"""

import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from resnet8_training import (
    ResNet8,
    check_written,
    open_log,
    parameter_groups,
    predict,
    recalibrate_batch_norm,
    to_input,
    write_network,
)

SEED = 8
EPOCHS = 16
BATCH = 128
PEAK_LEARNING_RATE = 0.01
WEIGHT_DECAY = 0.01
THREADS = 2


def main(images_folder, prefix):
    started = time.time()
    torch.manual_seed(SEED)
    torch.set_num_threads(THREADS)
    log = open_log(prefix + ".train.log")
    train_pixels, train_labels, train_identity = load(images_folder, "train")
    test_pixels, test_labels, test_identity = load(images_folder, "test")
    log(f"train set {train_identity['name']} sha256 {train_identity['sha256']}")
    log(f"test set {test_identity['name']} sha256 {test_identity['sha256']}")
    log(
        f"PyTorch {torch.__version__}, {THREADS} threads, seed {SEED}, {EPOCHS} epochs, batch {BATCH}, AdamW, "
        f"one-cycle to {PEAK_LEARNING_RATE}, weight decay {WEIGHT_DECAY}, random flips and transposition"
    )

    network = ResNet8().to(memory_format=torch.channels_last)
    steps = len(train_labels) // BATCH
    optimiser = torch.optim.AdamW(parameter_groups(network, WEIGHT_DECAY), PEAK_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, PEAK_LEARNING_RATE, total_steps=steps * EPOCHS, pct_start=0.25, div_factor=10, final_div_factor=1000
    )
    x_train, y_train = to_input(train_pixels), torch.from_numpy(train_labels.astype(np.int64))
    for epoch in range(EPOCHS):
        network.train()
        order = torch.randperm(len(y_train))
        loss_sum, correct = 0.0, 0
        for step in range(steps):
            batch = order[step * BATCH : (step + 1) * BATCH]
            logits = network(augment(x_train[batch]))
            loss = F.cross_entropy(logits, y_train[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            loss_sum += loss.item()
            correct += int((logits.argmax(1) == y_train[batch]).sum())
        log(
            f"epoch {epoch + 1:2d}: loss {loss_sum / steps:.4f}, train accuracy {correct / (steps * BATCH):.4f}, "
            f"test accuracy {np.mean(predict(network, test_pixels) == test_labels):.4f}"
        )

    recalibrate_batch_norm(network, x_train)
    predictions = predict(network, test_pixels)
    accuracy = np.mean(predictions == test_labels)
    log(f"batch norm statistics retaken over the whole train set: test accuracy {accuracy:.4f}")
    log_name = os.path.basename(prefix) + ".train.log"
    provenance = f"scripts/train-resnet8, seed {SEED}, on {train_identity['name']}; log in {log_name}"
    write_network(network, prefix, {"train": train_identity["sha256"], "test": test_identity["sha256"]}, provenance)
    check_written(prefix, test_pixels, predictions, test_labels, log)
    log(f"{time.time() - started:.0f} s")


def load(folder, split):
    labels = np.fromfile(os.path.join(folder, split + ".labels"), np.uint8)
    pixels = np.fromfile(os.path.join(folder, split + ".pixels"), np.uint8).reshape(len(labels), 32, 32, 3)
    with open(os.path.join(folder, split + ".json"), encoding="utf-8") as file:
        return pixels, labels, json.load(file)


def augment(x):
    """One of the eight symmetries of the square for the whole batch: they keep every class."""
    symmetry = int(torch.randint(0, 8, (1,)))
    if symmetry & 1:
        x = x.flip(2)
    if symmetry & 2:
        x = x.flip(3)
    if symmetry & 4:
        x = x.transpose(2, 3)
    return x.contiguous(memory_format=torch.channels_last)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
