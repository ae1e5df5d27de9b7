#!/usr/bin/python3
"""Makes {train,val,test}_tokens_vocab10000_len500.npy and labels from imdb_flat.npz: Keras' load_data(num_words=10000),
padded and cut at the front."""
import argparse

import numpy as np

VOCABULARY, STEPS = 10000, 500


def reviews(flat, part, order, start):
    tokens, offsets = flat[part + "_tokens"], flat[part + "_offsets"]
    out = np.zeros((len(order), STEPS), np.uint16)
    for row, number in zip(out, order):
        ranks = tokens[offsets[number]:offsets[number + 1]].astype(np.int64) + 3
        ranks[ranks >= VOCABULARY] = 2
        ranks = np.concatenate([[start], ranks])[-STEPS:]
        row[STEPS - len(ranks):] = ranks
    return out


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("flat", help="imdb_flat.npz")
parser.add_argument("folder", help="where the arrays go")
arguments = parser.parse_args()
flat = np.load(arguments.flat)
shuffled = {part: flat["keras_shuffle_" + part] for part in ("train", "test")}
parts = {"train": ("train", shuffled["train"][flat["split42_train"]]), "val": ("train", shuffled["train"][flat["split42_val"]]),
         "test": ("test", shuffled["test"])}
for name, (part, order) in parts.items():
    np.save(f"{arguments.folder}/{name}_tokens_vocab{VOCABULARY}_len{STEPS}.npy", reviews(flat, part, order, 1))
    np.save(f"{arguments.folder}/{name}_labels.npy", flat[part + "_labels"][order].astype(np.uint8))
