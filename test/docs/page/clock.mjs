// Loaded before Curfew, where a page is followed: the page's day is not the day on which its test runs.
const offset = Number(process.env.PAGE_CLOCK_OFFSET);
const real = Date.now;

globalThis.Date = class extends Date {
  constructor(...args) {
    if (args.length === 0) super(real() + offset);
    else super(...args);
  }
  static now() {
    return real() + offset;
  }
};
