import { expect, test } from "vitest";
import { columns, type PlotArea, rows, upright } from "../../../src/report/html/plot.ts";

const SIZE = { width: 600, height: 230, narrow: false };
const PLAIN = { head: 10, fill: 0.7, widest: 28, labels: [] };

/** The rectangles of each path of this colour, as they lie in the picture. */
function rectangles(svg: string, colour: string) {
  const [, path = ""] = new RegExp(`<path d="([^"]*)" fill="${colour}"/>`).exec(svg) ?? [];
  return [...path.matchAll(/M(\S+) (\S+)h(\S+)v(\S+)h\S+z/g)].map((found) => {
    const [x = 0, y = 0, width = 0, height = 0] = found.slice(1).map(Number);
    return { x, y, width, height };
  });
}

/** What is written, with its place. */
function texts(svg: string) {
  return [...svg.matchAll(/<text x="([^"]+)" y="([^"]+)">([^<]*)<\/text>/g)].map(
    ([, x, y, said]) => ({ x: Number(x), y: Number(y), said }),
  );
}

test("columns are as high as their numbers, and stand on one another", () => {
  const series = [
    { colour: "blue", values: [10, 0, 5] },
    { colour: "red", values: [10, 20, 0] },
  ];
  const { text } = columns(SIZE, { ...PLAIN, series });
  const [ten, five] = rectangles(text, "blue");
  const [above, twenty] = rectangles(text, "red");
  if (!ten || !five || !above || !twenty) throw new Error("a column is not drawn");
  // To a tenth of a pixel.
  expect(ten.height).toBeCloseTo(2 * five.height, 0);
  expect(twenty.height).toBeCloseTo(2 * ten.height, 0);
  expect(ten.y + ten.height).toBeCloseTo(five.y + five.height, 0);
  expect([above.x, above.y + above.height]).toEqual([ten.x, expect.closeTo(ten.y, 0)]);
  expect(twenty.x - ten.x).toBeCloseTo(five.x - twenty.x, 0);
  // What is nothing is not drawn.
  expect(rectangles(text, "blue")).toHaveLength(2);
});

test.each([
  [0, ["0", "1"]],
  [1, ["0", "1"]],
  [3, ["0", "1", "2", "3"]],
  [7, ["0", "2", "4", "6", "8"]],
  [3_900, ["0", "1K", "2K", "3K", "4K"]],
])("an axis to %i counts in whole steps, from 0 to a tick above", (most, ticks) => {
  const { text } = columns(SIZE, { ...PLAIN, series: [{ colour: "blue", values: [most] }] });
  const axis = texts(text);
  expect(axis.map(({ said }) => said)).toEqual(ticks);
  const [from] = axis;
  const to = axis.at(-1);
  if (!from || !to || most === 0) return;
  const [bar] = rectangles(text, "blue");
  // The number's baseline is four pixels below its tick.
  expect((bar?.y ?? 0) + (bar?.height ?? 0)).toBeCloseTo(from.y - 4, 0);
  expect(bar?.y).toBeGreaterThanOrEqual(to.y - 4 - 0.1);
});

test("a line goes through the middles of the columns, a lone one is a point", () => {
  const series = [{ colour: "blue", values: [4, 4] }];
  const two = columns(SIZE, { ...PLAIN, series, line: { colour: "grey", values: [4, 2] } }).text;
  const [, x1, y1, x2, y2] = (
    /d="M(\S+) (\S+)L(\S+) (\S+)" fill="none" stroke="grey"/.exec(two) ?? []
  ).map(Number);
  const [first, second] = rectangles(two, "blue");
  if (!first || !second) throw new Error("a column is not drawn");
  expect(x1).toBeCloseTo(first.x + first.width / 2, 0);
  expect(x2).toBeCloseTo(second.x + second.width / 2, 0);
  expect(y1).toBeCloseTo(first.y, 0);
  expect(y2).toBeCloseTo(first.y + first.height / 2, 0);
  const alone = {
    series: [{ colour: "blue", values: [1] }],
    line: { colour: "grey", values: [4] },
  };
  expect(columns(SIZE, { ...PLAIN, ...alone }).text).toContain("<circle");
});

test("a limit's name stays in the picture, at whichever end it is", () => {
  const marked = (at: number) => {
    const over = (frame: PlotArea) => [
      upright(frame, at, { name: "limit 30 days", colour: "black", dashed: false }),
    ];
    const series = [{ colour: "blue", values: [1, 1, 1] }];
    return texts(columns(SIZE, { ...PLAIN, head: 26, series, over }).text).at(-1)?.x ?? 0;
  };
  expect(marked(0)).toBeGreaterThan(40);
  expect(marked(1)).toBeLessThan(marked(2));
  expect(marked(3)).toBeLessThan(560);
});

test("rows have their name before and their total behind, also when nothing is counted", () => {
  const { text } = rows(SIZE, {
    series: [
      { colour: "blue", values: [60, 0] },
      { colour: "red", values: [40, 0] },
    ],
    names: ["<b>李", "ANDROID"],
    totals: ["100", "0"],
    steps: 5,
  });
  const [blue] = rectangles(text, "blue");
  const [red] = rectangles(text, "red");
  if (!blue || !red) throw new Error("a row is not drawn");
  expect(red.width / blue.width).toBeCloseTo(2 / 3, 2);
  expect(red.x).toBeCloseTo(blue.x + blue.width, 0);
  const at = (said: string) => texts(text).find((one) => one.said === said && one.y < 200)?.x;
  expect(at("&#60;b&#62;李")).toBeLessThan(blue.x);
  expect(at("100")).toBeGreaterThan(red.x + red.width);
  expect(at("0")).toBeCloseTo(blue.x + 5, 0);
  const none = { series: [{ colour: "blue", values: [] }], names: [], totals: [], steps: 5 };
  expect(rows(SIZE, none).text).not.toMatch(/NaN|Infinity/);
});
