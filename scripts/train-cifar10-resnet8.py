"""Trains ALWANN's ResNet-8 on CIFAR-10 and writes it in the format of docs/network-format.md.

Usage: train-cifar10-resnet8.py TRAIN_JPEG TRAIN_LOSSLESS TEST_LOSSLESS TEST_JPEG OUTPUT_PREFIX [--held-out]
       (scripts/train-cifar10-resnet8 finds and unpacks the files; all are CIFAR-10 binary records)

Written: OUTPUT_PREFIX.json, OUTPUT_PREFIX.bin and the log OUTPUT_PREFIX.train.log; after each epoch
OUTPUT_PREFIX.checkpoint, from which an interrupted run goes on, removed at the end.

Most training images are at hand only as JPEG copies (quality 75, colour at half resolution); the network is to work on
the originals. So the originals at hand (a tenth) replace their copies and are drawn more often, and a copy may be given
the difference "original minus copy" of another image of about the same texture, for the detail that it has lost.

The test images are read after the last epoch, for the log, and decide nothing. --held-out is for trials of settings:
the last fifth of the originals and their copies are not trained on but classified after each epoch; only the
log is written, OUTPUT_PREFIX.held-out.train.log.
"""

import argparse
import hashlib
import os
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

SEED = 10
# One thread: on a machine that others use too, two wait for each other most of the time.
THREADS = 1
BATCH = 256
PEAK_LEARNING_RATE = 0.3
MOMENTUM = 0.9
WEIGHT_DECAY = 0.0003
# The learning rate rises until WARM_END (all in epochs), stays until LEVEL_END, and falls in two straight lines: from
# FALL_KNEE on steeply, to 0 after the last epoch, so that the whole takes half an hour on a busy machine.
WARM_END, LEVEL_END, FALL_KNEE, EPOCHS = 1, 18, 30, 36
FALL_LENGTH = 22
# From which epoch on: side of the crops, share of the originals in a batch. Small crops are cheap and do at first.
PHASES = ((0, 24, 0.25), (18, 28, 0.25), (29, 28, 0.5), (33, 32, 0.5))
# Share of the copies that get a difference.
DIFFERENCE_SHARE = 0.5
# How far apart in the order of textures a copy and the donor of its difference may be.
TEXTURE_REACH = 200
SIDE = 32
MARGIN = 4


def main(options):
    torch.set_num_threads(THREADS)
    torch.manual_seed(SEED)
    network = ResNet8().to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(
        parameter_groups(network, WEIGHT_DECAY), PEAK_LEARNING_RATE, momentum=MOMENTUM, nesterov=True
    )
    train_set = TrainSet(read_records(options.train_jpeg), read_records(options.train_lossless), options.held_out)
    header = [
        *(f"train set {name} sha256 {digest}" for name, digest in train_set.digests.items()),
        f"{len(train_set.copies)} JPEG copies, {len(train_set.originals)} originals instead of their copies",
        f"PyTorch {torch.__version__}, bfloat16 autocast, seed {SEED}, batch {BATCH}, Nesterov SGD, "
        f"momentum {MOMENTUM}, weight decay {WEIGHT_DECAY}, learning rate {PEAK_LEARNING_RATE} to epoch {LEVEL_END}, "
        f"{learning_rate(FALL_KNEE):.3f} in {FALL_KNEE}, 0 in {EPOCHS}; random crops and flips",
    ]

    written = options.prefix + (".held-out" if options.held_out else "")
    checkpoint = written + ".checkpoint"
    state = {"epochs": 0, "seconds": 0.0, "lines": []}
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
    log = open_log(written + ".train.log")
    for line in header + state["lines"]:
        log(line)
    for epoch in range(state["epochs"], EPOCHS):
        started = time.time()
        line = train_epoch(epoch, network, optimiser, train_set)
        if options.held_out:
            line += f", held out {accuracy(network, train_set.held_out_pixels, train_set.held_out_labels):.4f}"
        log(line)
        state["lines"].append(line)
        state["epochs"] = epoch + 1
        state["seconds"] += time.time() - started
        state["network"], state["optimiser"] = network.state_dict(), optimiser.state_dict()
        torch.save(state, checkpoint + ".tmp")
        os.replace(checkpoint + ".tmp", checkpoint)

    recalibrate_batch_norm(network, to_input(train_set.originals.numpy()))
    log("last weights; batch norm statistics retaken over the originals")
    if options.held_out:
        log(f"held out {accuracy(network, train_set.held_out_pixels, train_set.held_out_labels):.4f}")
        os.remove(checkpoint)
        return
    inputs = dict(zip(("trainJpeg", "trainLossless"), train_set.digests.values(), strict=True))
    log_name = os.path.basename(options.prefix) + ".train.log"
    provenance = f"scripts/train-cifar10-resnet8, seed {SEED}, on CIFAR-10; log in {log_name}"
    write_network(network, options.prefix, inputs, provenance)
    for path in (options.test_jpeg, options.test_lossless):
        name, digest, pixels, labels = read_records(path)
        predictions = predict(network, pixels)
        log(f"test set {name} sha256 {digest}: accuracy {np.mean(predictions == labels):.4f} of {len(labels)} images")
    check_written(options.prefix, pixels, predictions, labels, log)
    log(f"{state['seconds']:.0f} s of training")
    os.remove(checkpoint)


class TrainSet:
    """Copies and originals, image x row x column x RGB, and the differences that make up for what the copies lost."""

    def __init__(self, jpeg, lossless, held_out):
        jpeg_name, jpeg_digest, jpeg_pixels, jpeg_labels = jpeg
        lossless_name, lossless_digest, pixels, labels = lossless
        self.digests = {jpeg_name: jpeg_digest, lossless_name: lossless_digest}
        copy_of = find_copies(pixels, labels, jpeg_pixels, jpeg_labels)
        left = np.setdiff1d(np.arange(len(jpeg_labels)), copy_of)
        if held_out:
            trained = len(labels) - len(labels) // 5
            self.held_out_pixels, self.held_out_labels = pixels[trained:], labels[trained:]
            pixels, labels, copy_of = pixels[:trained], labels[:trained], copy_of[:trained]
        self.originals, self.original_labels = torch.from_numpy(pixels), torch.from_numpy(labels.astype(np.int64))
        self.copies = torch.from_numpy(jpeg_pixels[left])
        self.copy_labels = torch.from_numpy(jpeg_labels[left].astype(np.int64))
        self.differences = torch.from_numpy(pixels.astype(np.int16) - jpeg_pixels[copy_of])
        donor_texture = texture(jpeg_pixels[copy_of])
        self.donor_order = torch.from_numpy(donor_texture.argsort())
        self.place = torch.from_numpy(np.searchsorted(np.sort(donor_texture), texture(jpeg_pixels[left])))

    def restored_copies(self, chosen):
        """The chosen copies, some of them with the difference of another image."""
        pixels = self.copies[chosen].to(torch.int16)
        places = self.place[chosen] + torch.randint(-TEXTURE_REACH, TEXTURE_REACH + 1, chosen.shape)
        donors = self.donor_order[places.clamp(0, len(self.donor_order) - 1)]
        given = torch.rand(chosen.shape) < DIFFERENCE_SHARE
        pixels[given] += self.differences[donors[given]]
        return pixels.clamp(0, 255).to(torch.uint8)


def train_epoch(epoch, network, optimiser, train_set):
    """As many batches as one pass over the copies takes at first. The seed is that of the epoch, so that a resumed run
    equals an uninterrupted one."""
    torch.manual_seed(SEED * 1000 + epoch)
    network.train()
    _, side, original_share = [phase for phase in PHASES if phase[0] <= epoch][-1]
    originals = int(BATCH * original_share)
    copies = BATCH - originals
    steps = len(train_set.copies) // (BATCH - int(BATCH * PHASES[0][2]))
    copy_order = torch.randperm(len(train_set.copies))
    passes = steps * originals // len(train_set.originals) + 1
    original_order = torch.cat([torch.randperm(len(train_set.originals)) for _ in range(passes)])
    loss_sum, copies_correct, originals_correct = 0.0, 0, 0
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(epoch + step / steps)
        c = copy_order[step * copies : (step + 1) * copies]
        o = original_order[step * originals : (step + 1) * originals]
        pixels = torch.cat([train_set.restored_copies(c), train_set.originals[o]])
        labels = torch.cat([train_set.copy_labels[c], train_set.original_labels[o]])
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(augment(pixels, side))
        loss = F.cross_entropy(logits.float(), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        loss_sum += loss.item()
        correct = logits.argmax(1) == labels
        copies_correct += int(correct[:copies].sum())
        originals_correct += int(correct[copies:].sum())
    return (
        f"epoch {epoch + 1:2d}: crops of {side}, {original_share:.0%} originals, loss {loss_sum / steps:.4f}, "
        f"train accuracy {copies_correct / (steps * copies):.4f} copies, "
        f"{originals_correct / (steps * originals):.4f} originals"
    )


def learning_rate(epochs):
    fall = (LEVEL_END + FALL_LENGTH - min(epochs, FALL_KNEE)) / FALL_LENGTH
    if epochs > FALL_KNEE:
        fall *= (EPOCHS - epochs) / (EPOCHS - FALL_KNEE)
    return PEAK_LEARNING_RATE * min((epochs + 0.05) / WARM_END, 1, fall)


def augment(pixels, side):
    """A random crop and a random flip of each image, as network input; whole images are shifted over a grey margin."""
    if side == SIDE:
        pixels = F.pad(pixels, (0, 0, MARGIN, MARGIN, MARGIN, MARGIN), value=128)
    count, reach = len(pixels), pixels.shape[1] - side + 1
    line = torch.arange(side)
    rows = torch.randint(0, reach, (count, 1)) + line
    columns = torch.randint(0, reach, (count, 1)) + torch.where(torch.rand(count, 1) < 0.5, line, line.flip(0))
    crops = pixels[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return (crops.float() / 128 - 1).permute(0, 3, 1, 2)


def find_copies(pixels, labels, jpeg_pixels, jpeg_labels):
    """Index of each original's JPEG copy: nearest image of its class in the means of 4 x 4 pixels; no two share one."""
    means = [
        p.reshape(-1, 8, 4, 8, 4, 3).mean((2, 4), dtype=np.float32).reshape(len(p), -1) for p in (pixels, jpeg_pixels)
    ]
    copy_of = np.full(len(labels), -1)
    for label in np.unique(labels):
        mine, candidates = np.flatnonzero(labels == label), np.flatnonzero(jpeg_labels == label)
        a, b = means[0][mine], means[1][candidates]
        distance = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
        nearest, second = np.sort(np.partition(distance, 1, 1)[:, :2], 1).T
        if not (nearest < second / 2).all():
            raise SystemExit(f"class {label}: an original has no JPEG copy that is clearly nearest")
        copy_of[mine] = candidates[distance.argmin(1)]
    if len(np.unique(copy_of)) != len(copy_of):
        raise SystemExit("two originals have the same JPEG copy")
    return copy_of


def texture(pixels):
    """Mean absolute difference of neighbouring pixels, per image."""
    grey = pixels.mean(3, dtype=np.float32)
    return np.abs(np.diff(grey, axis=1)).mean((1, 2)) + np.abs(np.diff(grey, axis=2)).mean((1, 2))


def read_records(path):
    """Name, SHA-256, pixels (u8, image x 32 x 32 x RGB) and labels of CIFAR-10 binary records."""
    with open(path, "rb") as file:
        content = file.read()
    records = np.frombuffer(content, np.uint8).reshape(-1, 1 + 3 * SIDE * SIDE)
    pixels = np.ascontiguousarray(records[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1))
    return os.path.basename(path), hashlib.sha256(content).hexdigest(), pixels, records[:, 0].copy()


def accuracy(network, pixels, labels):
    return np.mean(predict(network, pixels) == labels)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("train_jpeg", "train_lossless", "test_lossless", "test_jpeg", "prefix"):
        parser.add_argument(name)
    parser.add_argument("--held-out", action="store_true")
    main(parser.parse_args())
