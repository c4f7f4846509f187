import { encodePng } from './png.ts';

const columns = 60;
const rows = 20;
/** A glyph of 3 by 5 dots, each drawn as 3 by 3 pixels, with a dot of space around. */
const dot = 3;
const cellWidth = 4 * dot;
const cellHeight = 20;
const width = columns * cellWidth;
const height = rows * cellHeight;
const palette = [
  [0x0b, 0x10, 0x18],
  [0xc8, 0xd3, 0xdf],
] as const;

/** Five rows of three dots, each an octal digit; small letters are drawn as capitals. */
const glyphs: Readonly<Record<string, string>> = {
  A: '25755',
  B: '65656',
  C: '34443',
  D: '65556',
  E: '74647',
  F: '74644',
  G: '34553',
  H: '55755',
  I: '72227',
  J: '11152',
  K: '55655',
  L: '44447',
  M: '57755',
  N: '65555',
  O: '25552',
  P: '65644',
  Q: '25563',
  R: '65655',
  S: '34216',
  T: '72222',
  U: '55557',
  V: '55552',
  W: '55775',
  X: '55255',
  Y: '55222',
  Z: '71247',
  0: '75557',
  1: '26227',
  2: '61247',
  3: '61216',
  4: '55711',
  5: '74616',
  6: '34757',
  7: '71222',
  8: '75757',
  9: '75716',
  '.': '00002',
  ',': '00024',
  ':': '02020',
  '-': '00700',
  _: '00007',
  '/': '11244',
  '#': '57575',
  '@': '25743',
  '(': '24442',
  ')': '21112',
  '%': '51245',
  '+': '02720',
  '=': '07070',
  "'": '22000',
  '>': '42124',
  '<': '12421',
  '*': '52500',
  '[': '64446',
  ']': '31113',
  '!': '22202',
  '~': '03600',
  $: '36763',
  '|': '22222',
  '?': '61202',
};

/** A picture in PNG of a text screen with these lines; what does not fit is left out. */
export function drawScreen(lines: readonly string[]): Uint8Array {
  const pixels = new Uint8Array(width * height);
  for (const [row, line] of lines.slice(-rows).entries()) {
    for (let column = 0; column < Math.min(columns, line.length); column++) {
      drawGlyph(pixels, row, column, glyphs[line.charAt(column).toUpperCase()]);
    }
  }
  return encodePng(width, height, pixels, palette);
}

function drawGlyph(
  pixels: Uint8Array,
  row: number,
  column: number,
  glyph: string | undefined,
): void {
  for (let y = 0; y < 5; y++) {
    const bits = Number(glyph?.charAt(y) ?? 0);
    for (let x = 0; x < 3; x++) {
      if ((bits & (4 >> x)) !== 0) {
        fillDot(pixels, row * cellHeight + y * dot, column * cellWidth + x * dot);
      }
    }
  }
}

function fillDot(pixels: Uint8Array, top: number, left: number): void {
  for (let y = top; y < top + dot; y++) {
    pixels.fill(1, y * width + left, y * width + left + dot);
  }
}
