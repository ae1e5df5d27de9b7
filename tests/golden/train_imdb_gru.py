#!/usr/bin/python3
"""Trains the model that the repository ships and writes tests/golden/imdb_gru/.

    /usr/bin/python3 tests/golden/train_imdb_gru.py DATA [OUT]

DATA holds the IMDB reviews in Keras' form, cut and padded in front to 100 tokens of a vocabulary of 500:
{train,val,test}_tokens_vocab500_len100.npy, {train,val,test}_labels.npy, imdb_word_index.json (word to rank).

The network is Embedding(500, 16, mask_zero=True), GRU(8), Dense(1, sigmoid), with Keras' initializers and its
RMSprop (rho 0.9, epsilon 1e-7), batches of 64, binary cross-entropy, early stopping on the validation loss with
patience 3, best weights kept. Padding changes nothing, so that a text may be streamed from zero state.

OUT receives
    imdb_gru.h5        the model in Keras 2.13's HDF5 layout (keras_h5.py)
    vocabulary.txt     the word of each token, token 0 first
    expected.json      texts, their tokens, and the probability after each token, computed in float64
    README.md          how it was made, and its losses and accuracies

Made with PyTorch 1.13.0, h5py 3.7.0 and numpy 1.24.2 of Debian 12, one thread, seed 7.
"""
import json
import re
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

import keras_h5

SEED = 7
TOKENS, WIDTH, UNITS = 500, 16, 8
START, UNKNOWN, FIRST_WORD = 1, 2, 3
LEARNING_RATE, BATCH, PATIENCE, MAX_EPOCHS = 1e-3, 64, 3, 100

TEXTS = [
    "I thought this movie was going to be great, because the cast is excellent and I loved the beginning. But then "
    "it becomes boring, the plot makes no sense, and the ending is the worst I have ever seen. A complete waste of "
    "time.",
    "At first I was not sure about this film. It looked like another stupid low budget horror movie, with bad "
    "effects and a terrible script. Then the story really starts, and it is wonderful! The performances are "
    "excellent, the music is beautiful, and I loved every minute. Definitely one of the best films of the year.",
    "One of the best films I have seen.",
    "Awful. Don't waste your money.",
    "Colorless green ideas sleep furiously.",
]


class Network(nn.Module):
    """Embedding, GRU (reset after the product, as Keras' default and PyTorch's only one), Dense: gives logits."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(TOKENS, WIDTH)
        self.gru = nn.GRU(WIDTH, UNITS, batch_first=True)
        self.dense = nn.Linear(UNITS, 1)
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        bound = (6 / (WIDTH + 3 * UNITS)) ** 0.5
        nn.init.uniform_(self.gru.weight_ih_l0, -bound, bound)
        nn.init.orthogonal_(self.gru.weight_hh_l0)
        nn.init.xavier_uniform_(self.dense.weight)
        for bias in (self.gru.bias_ih_l0, self.gru.bias_hh_l0, self.dense.bias):
            nn.init.zeros_(bias)

    def forward(self, tokens, lengths):
        """tokens [N, T], padded behind; lengths [N] >= 1. Reads the state after the last real token."""
        states, _ = self.gru(self.embedding(tokens))
        return self.dense(states[torch.arange(len(tokens)), lengths - 1]).squeeze(1)


def load_split(data, name):
    """Tokens [N, 100] with the padding moved behind the text, lengths [N], labels [N]."""
    tokens = np.load(data / f"{name}_tokens_vocab500_len100.npy").astype(np.int64)
    lengths = (tokens != 0).sum(axis=1)
    for row, length in zip(tokens, lengths):
        row[:] = np.roll(row, int(length))
    labels = np.load(data / f"{name}_labels.npy").astype(np.float32)
    return torch.from_numpy(tokens), torch.from_numpy(lengths), torch.from_numpy(labels)


def evaluate(network, split):
    """Mean binary cross-entropy and accuracy."""
    tokens, lengths, labels = split
    with torch.no_grad():
        logits = torch.cat([network(t, n) for t, n in zip(tokens.split(1000), lengths.split(1000))])
    loss = nn.functional.binary_cross_entropy_with_logits(logits, labels).item()
    return loss, ((logits > 0) == (labels > 0.5)).double().mean().item()


def train(data):
    network = Network()
    optimizer = torch.optim.RMSprop(network.parameters(), lr=LEARNING_RATE, alpha=0.9, eps=1e-7)
    tokens, lengths, labels = load_split(data, "train")
    validation = load_split(data, "val")
    best_loss, best_weights, waited = float("inf"), None, 0
    for epoch in range(MAX_EPOCHS):
        for batch in torch.randperm(len(tokens)).split(BATCH):
            optimizer.zero_grad()
            logits = network(tokens[batch], lengths[batch])
            nn.functional.binary_cross_entropy_with_logits(logits, labels[batch]).backward()
            optimizer.step()
        loss, accuracy = evaluate(network, validation)
        print(f"epoch {epoch + 1}: validation loss {loss:.4f}, accuracy {accuracy:.4f}", flush=True)
        waited += 1
        if loss < best_loss:
            best_loss, waited = loss, 0
            best_weights = {name: value.clone() for name, value in network.state_dict().items()}
        if waited == PATIENCE:
            break
    network.load_state_dict(best_weights)
    return network


def keras_layers(network):
    """The layers of keras_h5, with the gates reordered from PyTorch's r, z, n to Keras' z, r, h."""
    w = {name: value.numpy() for name, value in network.state_dict().items()}

    def gates(rows):
        r, z, n = np.split(rows, 3)
        return np.concatenate([z, r, n])

    return [
        keras_h5.embedding("embedding", w["embedding.weight"], mask_zero=True),
        keras_h5.gru("gru", gates(w["gru.weight_ih_l0"]).T, gates(w["gru.weight_hh_l0"]).T,
                     np.stack([gates(w["gru.bias_ih_l0"]), gates(w["gru.bias_hh_l0"])])),
        keras_h5.dense("dense", w["dense.weight"].T, w["dense.bias"], "sigmoid"),
    ]


def vocabulary(data):
    word_of_rank = {rank: word for word, rank in json.loads((data / "imdb_word_index.json").read_text()).items()}
    words = [word_of_rank[token - FIRST_WORD] for token in range(FIRST_WORD + 1, TOKENS)]
    return ["<pad>", "<start>", "<unknown>", "<unused>"] + words


def tokenize(text, words):
    token_of_word = {word: token for token, word in enumerate(words) if token > FIRST_WORD}
    return [START] + [token_of_word.get(word, UNKNOWN) for word in re.findall(r"[a-z0-9']+", text.lower())]


def probabilities(layers, tokens):
    """Keras' equations in float64: the probability after each token."""
    w = {name: array.astype(np.float64) for _, _, weights in layers for name, array in weights.items()}
    bias, recurrent_bias = w["gru/gru_cell/bias:0"]

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    state, result = np.zeros(UNITS), []
    for token in tokens:
        if token != 0:
            x = w["embedding/embeddings:0"][token] @ w["gru/gru_cell/kernel:0"] + bias
            r = state @ w["gru/gru_cell/recurrent_kernel:0"] + recurrent_bias
            z = sigmoid(x[:UNITS] + r[:UNITS])
            reset = sigmoid(x[UNITS:2 * UNITS] + r[UNITS:2 * UNITS])
            candidate = np.tanh(x[2 * UNITS:] + reset * r[2 * UNITS:])
            state = z * state + (1 - z) * candidate
        result.append(float(sigmoid(state @ w["dense/kernel:0"] + w["dense/bias:0"])[0]))
    return result


README = """\
The model that the repository ships: Embedding(500, 16, mask_zero=True), GRU(8), Dense(1, sigmoid). It gives the
probability that a review is favourable.

`tests/golden/train_imdb_gru.py` trained it (seed {seed}, PyTorch {torch}) on the 20,000 IMDB training reviews:

| reviews | loss | accuracy |
|---|---|---|
| 5,000 for validation | {val[0]:.4f} | {val[1]:.4f} |
| 25,000 for test | {test[0]:.4f} | {test[1]:.4f} |

`imdb_gru.h5` has Keras 2.13's layout, `vocabulary.txt` the word of each token from 0 (1 opens a text, 2 is any word
beyond the vocabulary), `expected.json` the probability after each token of a few texts, computed in float64.
"""


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    data = Path(sys.argv[1])
    out = Path(sys.argv[2]) if len(sys.argv) == 3 else Path(__file__).parent / "imdb_gru"
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    network = train(data)
    layers, words = keras_layers(network), vocabulary(data)
    keras_h5.write(out / "imdb_gru.h5", layers)
    (out / "vocabulary.txt").write_text("".join(word + "\n" for word in words))
    expected = []
    for text in TEXTS:
        tokens = tokenize(text, words)
        expected.append({"text": text, "tokens": tokens, "probabilities": probabilities(layers, tokens)})
    (out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    scores = {name: evaluate(network, load_split(data, name)) for name in ("val", "test")}
    readme = README.format(seed=SEED, torch=torch.__version__, **scores)
    (out / "README.md").write_text(readme)
    print(readme)


if __name__ == "__main__":
    main()
