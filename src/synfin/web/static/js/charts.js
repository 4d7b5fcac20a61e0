/**
 * What each chart shows of a series (`POST /api/series`): its lines, their data, and what is drawn by hand.
 *
 * Sequence numbers are drawn as tcptrace does: a bar from the first to the last octet of each segment, a step line for
 * what is acknowledged, another one for the edge of the window.
 * @module charts
 */

import uPlot from "../vendor/uPlot.esm.js";

const stepped = uPlot.paths.stepped({ align: 1 });
const MILLI = 1000;
const WINDOW_ROOM = 4; // times what was sent

/** Parallel arrays as uPlot wants them: one x for all, empty where a line has no value. */
function joined(...tables) {
  const filled = tables.filter((table) => table[0].length);
  if (!filled.length) return [[], ...tables.flatMap((table) => table.slice(1))];
  return uPlot.join(
    tables.map((table) => (table[0].length ? table : [[filled[0][0][0]], ...table.slice(1).map(() => [null])])),
  );
}

function sorted(times) {
  return times.slice().sort((one, other) => one - other);
}

function step(label, stroke, more = {}) {
  return { label, stroke, width: 1.6, paths: stepped, spanGaps: true, points: { show: false }, ...more };
}

function dots(label, stroke) {
  return { label, stroke, paths: () => null, points: { show: true, size: 4, fill: stroke } };
}

const KIND_COLOURS = { new: "text", retransmitted: "orange", lost: "vermillion", duplicate: "purple" };

/** One segment, as a bar with a cap at each end; a lost one also gets a cross. */
function bar(context, kind, x, low, high, ratio) {
  const cap = 3 * ratio;
  context.beginPath();
  context.setLineDash(kind === "retransmitted" ? [4 * ratio, 3 * ratio] : []);
  context.moveTo(x, low);
  context.lineTo(x, Math.min(high, low - ratio));
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(x - cap, high);
  context.lineTo(x + cap, high);
  context.moveTo(x - cap, low);
  context.lineTo(x + cap, low);
  if (kind === "lost") {
    const middle = (low + high) / 2;
    const arm = 4 * ratio;
    context.moveTo(x - arm, middle - arm);
    context.lineTo(x + arm, middle + arm);
    context.moveTo(x + arm, middle - arm);
    context.lineTo(x - arm, middle + arm);
  }
  context.stroke();
}

function drawSegments(plot, series, colours) {
  const { ctx: context } = plot;
  const ratio = devicePixelRatio || 1;
  const { segments, sack, marks } = series.sequence;
  context.save();
  context.beginPath();
  context.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  context.clip();
  const at = (table, place, name) => [
    plot.valToPos(table.time_s[place], "x", true),
    plot.valToPos(table[name][place], "y", true),
  ];
  for (let place = 0; place < segments.time_s.length; place += 1) {
    const kind = segments.kind[place];
    context.strokeStyle = colours[KIND_COLOURS[kind]];
    context.lineWidth = (kind === "new" ? 1.4 : 2) * ratio;
    const [x, low] = at(segments, place, "start_seq");
    bar(context, kind, x, low, at(segments, place, "end_seq")[1], ratio);
  }
  context.strokeStyle = colours.purple;
  context.lineWidth = 2 * ratio;
  for (let place = 0; place < sack.time_s.length; place += 1) {
    const [x, low] = at(sack, place, "start_seq");
    context.beginPath();
    context.moveTo(x, low);
    context.lineTo(x, at(sack, place, "end_seq")[1]);
    context.stroke();
  }
  context.fillStyle = colours.dim;
  context.font = `${10 * ratio}px system-ui, sans-serif`;
  for (let place = 0; place < marks.time_s.length; place += 1) {
    if (marks.kind[place].startsWith("peer-")) continue;
    const [x, y] = at(marks, place, "seq");
    context.fillText(marks.kind[place], x + 4 * ratio, y - 4 * ratio);
  }
  context.restore();
}

/**
 * @typedef {Object} Chart
 * @property {string} title id of its text
 * @property {(colours: Object<string, string>) => Object[]} lines uPlot's series, without x
 * @property {(series: Object) => Array<number[]>} data x and the lines
 * @property {(series: Object, high: number) => number} [top] how far up the chart goes, if not as far as its lines
 * @property {(plot: Object, series: Object, colours: Object<string, string>) => void} [draw]
 */

/** @type {Chart[]} */
export const CHARTS = [
  {
    title: "plot.sequence",
    lines: (colours) => [
      step("plot.acks", colours.green),
      step("plot.right_edge", colours.blue, { dash: [6, 4] }),
      { label: "plot.new", stroke: colours.text, paths: () => null, points: { show: false } },
    ],
    data({ sequence: { acks, window, segments } }) {
      const ends = [sorted(segments.time_s), segments.end_seq];
      return joined([acks.time_s, acks.ack_seq], [window.time_s, window.right_edge_seq], ends);
    },
    // A window far above everything that was sent would make a flat line of it.
    top: ({ sequence: { segments } }, high) => Math.min(high, WINDOW_ROOM * Math.max(...segments.end_seq, 1)),
    draw: drawSegments,
  },
  {
    title: "plot.window",
    lines: (colours) => [step("plot.cwnd", colours.blue), step("plot.ssthresh", colours.orange, { dash: [6, 4] })],
    data: ({ window }) => [window.time_s, window.cwnd_bytes, window.ssthresh_bytes],
  },
  {
    title: "plot.flight",
    lines: (colours) => [
      step("plot.in_flight", colours.green),
      step("plot.peer_window", colours.blue, { dash: [6, 4] }),
    ],
    data: ({ flight }) => [flight.time_s, flight.flight_bytes, flight.peer_window_bytes],
  },
  {
    title: "plot.rtt",
    lines: (colours) => [
      dots("plot.samples", colours.green),
      step("plot.srtt", colours.blue),
      step("plot.rto", colours.orange, { dash: [6, 4] }),
    ],
    data({ rtt: { samples, estimate } }) {
      const milli = (values) => values.map((value) => (value === null ? null : value * MILLI));
      return joined(
        [samples.time_s, milli(samples.rtt_s)],
        [estimate.time_s, milli(estimate.srtt_s), milli(estimate.rto_s)],
      );
    },
  },
  {
    title: "plot.throughput",
    lines: (colours) => [
      step("plot.sent_rate", colours.text),
      step("plot.acknowledged_rate", colours.green, { dash: [6, 4] }),
    ],
    data: ({ throughput }) => [throughput.time_s, throughput.sent_bits_per_s, throughput.acknowledged_bits_per_s],
  },
];
