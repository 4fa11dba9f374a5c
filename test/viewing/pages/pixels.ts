/** Pixels of the PNGs that the renderer makes (8-bit RGBA or RGB, not interlaced), and questions about them. */
import { inflateSync } from 'node:zlib';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue at a place. */
  readonly at: (x: number, y: number) => readonly [number, number, number];
}

export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function decode(png: Uint8Array): Pixels {
  const bytes = Buffer.from(png);
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  const depth = bytes[25] === 6 ? 4 : 3;
  const rows = unfiltered(inflateSync(Buffer.concat(dataOf(bytes))), width * depth, depth);
  const at = (x: number, y: number): [number, number, number] => {
    const place = y * width * depth + x * depth;
    return [rows[place] ?? 0, rows[place + 1] ?? 0, rows[place + 2] ?? 0];
  };
  return { width, height, at };
}

function dataOf(bytes: Buffer): Buffer[] {
  const data: Buffer[] = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return data;
}

/** PNG section 9: each row is written as its difference from what stands left of it and above it. */
function unfiltered(raw: Buffer, stride: number, depth: number): Uint8Array {
  const out = new Uint8Array((raw.length / (stride + 1)) * stride);
  for (let row = 0; row * (stride + 1) < raw.length; row += 1) {
    const filter = raw[row * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x += 1) {
      const place = row * stride + x;
      const left = x >= depth ? (out[place - depth] ?? 0) : 0;
      const up = row > 0 ? (out[place - stride] ?? 0) : 0;
      const corner = x >= depth && row > 0 ? (out[place - stride - depth] ?? 0) : 0;
      out[place] = (raw[row * (stride + 1) + 1 + x] ?? 0) + predicted(filter, left, up, corner);
    }
  }
  return out;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

export type Test = (red: number, green: number, blue: number) => boolean;

/** Clearly darker than paper. */
export const ink: Test = (red, green, blue) => red + green + blue < 450;
export const anyMark: Test = (red, green, blue) => red + green + blue < 750;

export function count({ at }: Pixels, { left, top, right, bottom }: Area, test: Test): number {
  let found = 0;
  for (let y = top; y < bottom; y += 1)
    for (let x = left; x < right; x += 1) if (test(...at(x, y))) found += 1;
  return found;
}

/** The smallest area that has all pixels of which the test is true; null when there are none. */
export function bounds(pixels: Pixels, area: Area, test: Test): Area | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  for (let y = area.top; y < area.bottom; y += 1)
    for (let x = area.left; x < area.right; x += 1) {
      if (!test(...pixels.at(x, y))) continue;
      [left, top, right, bottom] = [
        Math.min(left, x),
        Math.min(top, y),
        Math.max(right, x + 1),
        Math.max(bottom, y + 1),
      ];
    }
  return right < 0 ? null : { left, top, right, bottom };
}

/** Pixels that aren't alike in two images of one size. */
export function differences(one: Pixels, other: Pixels, { left, top, right, bottom }: Area): Set<number> {
  const found = new Set<number>();
  for (let y = top; y < bottom; y += 1)
    for (let x = left; x < right; x += 1)
      if (one.at(x, y).some((value, channel) => Math.abs(value - (other.at(x, y)[channel] ?? 0)) > 8))
        found.add(y * one.width + x);
  return found;
}

export const whole = ({ width, height }: Pixels): Area => ({ left: 0, top: 0, right: width, bottom: height });
