#!/usr/bin/python3
"""PyTorch's training speed on the network of speed.cpp, one thread: batch | sequences a second of CPU time (best step)."""
import argparse
import time

import numpy as np
import torch

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--data", required=True, help="folder of the reviews")
arguments = parser.parse_args()
torch.set_num_threads(1)
torch.manual_seed(0)
tokens = torch.from_numpy(np.load(arguments.data + "/train_tokens_vocab500_len100.npy").astype(np.int64))
labels = torch.from_numpy(np.load(arguments.data + "/train_labels.npy").astype(np.float32))


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(500, 16)
        self.gru = torch.nn.GRU(16, 8, batch_first=True)
        self.dense = torch.nn.Linear(8, 1)

    def forward(self, x):
        states, _ = self.gru(self.embedding(x))
        return self.dense(states[:, -1]).squeeze(1)


for batch in (64, 1):
    network = Network()
    optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-4, alpha=0.9, eps=1e-7)
    loss_of = torch.nn.BCEWithLogitsLoss()
    times = []
    for step in range(30):
        start = time.process_time()
        optimizer.zero_grad()
        loss_of(network(tokens[step * batch:(step + 1) * batch]), labels[step * batch:(step + 1) * batch]).backward()
        optimizer.step()
        times.append(time.process_time() - start)
    print(f"pytorch {torch.__version__} | {batch} | {batch / min(times):.0f}")
