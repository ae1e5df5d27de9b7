// Times ONNX Runtime on the models that models.py makes, with the same models in Runnel beside it.
//
//     NODE_PATH=MODULES node bench/onnxruntime/compare.js MODELS EXPECTED RUNNEL
//
// MODULES holds onnxruntime-node; MODELS the .onnx and .rnl files; EXPECTED is the shipped model's expected.json, which
// shows that the ONNX model computes the same; RUNNEL is the tool. One thread each.
'use strict';
const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

const SEQUENCE = 1000;
const OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' };
const [models, expected, runnel] = process.argv.slice(2);

const floats = (shape, value) =>
    new ort.Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b)).fill(value), shape);
const tokens = (ids) => new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [ids.length]);
const zero_state = (units) => floats([1, 1, units], 0);
const load = (name) => ort.InferenceSession.create(path.join(models, name + '.onnx'), OPTIONS);

const CASES = [
    { name: 'imdb_gru', units: 8,
      input: (steps) => ({ tokens: tokens(Array.from({ length: steps }, (_, i) => i % 500)) }) },
    ...[64, 128, 256].map((units) => (
        { name: 'gru_' + units, units, input: (steps) => ({ features: floats([steps, 1, units], 0.1) }) })),
];

// Nanoseconds of a run, minimum and median of `calls` behind a tenth as many to warm up; each run starts from the
// state that the run before it left.
async function time(session, feeds, calls) {
    const times = [];
    for (let call = -calls / 10; call < calls; ++call) {
        const start = process.hrtime.bigint();
        const { next_state } = await session.run(feeds);
        const elapsed = Number(process.hrtime.bigint() - start);
        if (next_state) feeds.state = next_state;
        if (call >= 0) times.push(elapsed);
    }
    times.sort((a, b) => a - b);
    return [times[0], times[times.length >> 1]];
}

function time_runnel(name) {
    const report = JSON.parse(execFileSync(runnel, ['bench', path.join(models, name + '.rnl'), '--json']));
    return { isa: report.isa, times: [report.ns_per_answer.min, report.ns_per_answer.p50] };
}

async function largest_difference(session) {
    let largest = 0;
    for (const { tokens: ids, probabilities } of JSON.parse(fs.readFileSync(expected))) {
        const { answers } = await session.run({ tokens: tokens(ids), state: zero_state(8) });
        probabilities.forEach((p, i) => { largest = Math.max(largest, Math.abs(p - answers.data[i])); });
    }
    return largest;
}

const print_row = (name, ...columns) => console.log(name.padEnd(10) + columns.map((pair) => pair.map(
    (cell) => (typeof cell === 'number' ? Math.round(cell).toString() : cell).padStart(11)).join('')).join('  '));

async function main() {
    const identity = await time(await load('identity'), { x: floats([1], 0) }, 20000);
    const rows = [];
    for (const { name, units, input } of CASES) {
        const session = await load(name);
        const step = await time(session, { ...input(1), state: zero_state(units) }, 20000);
        const sequence = await time(session, { ...input(SEQUENCE), state: zero_state(units) }, 200);
        rows.push({ name, step, sequence: sequence.map((t) => t / SEQUENCE), ours: time_runnel(name) });
    }
    const { version } = require('onnxruntime-node/package.json');
    console.log(`Nanoseconds a step with its answer, one thread. Runnel on ${rows[0].ours.isa}; ONNX Runtime ${version} through`);
    console.log(`Node.js, whose own call, seen on an Identity model, takes ${identity[0]} (min), ${identity[1]} (median).`);
    const difference = await largest_difference(await load('imdb_gru'));
    console.log(`On imdb_gru it is within ${difference.toExponential(1)} of the expected float64 answers.\n`);
    print_row('', ['Runnel', ''], ['1 a call', ''], ['less Ident.', ''], [`${SEQUENCE} a call`, '']);
    print_row('model', ...Array(4).fill(['min', 'median']));
    for (const { name, step, sequence, ours } of rows) {
        print_row(name, ours.times, step, step.map((t, i) => t - identity[i]), sequence);
    }
}

main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
});
