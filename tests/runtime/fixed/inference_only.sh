#!/bin/sh
# usage: inference_only.sh NM PROGRAM: prints what the program holds of the fixed kernels, and fails if it holds anything of
# the trainer: its tables, its kernels of the way back, its optimizers.
symbols=$("$1" -C --size-sort --print-size --radix=d "$2") || exit 1
echo "$symbols" | grep -q ' runnel::fixed::kernels_' || { echo "no table of fixed kernels: stripped?"; exit 1; }
training=$(echo "$symbols" | grep -E 'runnel::(fixed::training_|training::)|(outer_sum|transposed_product|add_outer|scatter_rows|wide_product|lstm_cell_error|[a-z]_backward(_as)?|update_as)[<(]')
[ -z "$training" ] || { echo "links what only training needs:"; echo "$training"; exit 1; }
echo "$symbols" | awk '/runnel::fixed::/ { fixed += $2 } { all += $2 } END { print "fixed room:", fixed, "bytes of", all }'
