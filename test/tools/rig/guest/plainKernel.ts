/** Places in the header of an x86 kernel image; see Documentation/arch/x86/boot.rst of the kernel. */
const setupSectors = 0x1f1;
const payloadOffset = 0x248;
const payloadLength = 0x24c;

/** The mark of the old LZ4 stream format, the one that kernels are packed with. */
const lz4Mark = 0x184c2102;

/** A length is a nibble; 15 means that bytes follow, and that 255 means another one. */
function readLength(input: Buffer, at: { position: number }, nibble: number): number {
  let length = nibble;
  if (nibble === 15) {
    let byte;
    do {
      byte = input.readUInt8(at.position++);
      length += byte;
    } while (byte === 255);
  }
  return length;
}

/** Unpacks one LZ4 block behind what `output` already has, and returns where it ends there. */
function unpackBlock(block: Buffer, output: Buffer, start: number): number {
  const at = { position: 0 };
  let written = start;
  for (;;) {
    const token = block.readUInt8(at.position++);
    const literals = readLength(block, at, token >> 4);
    block.copy(output, written, at.position, at.position + literals);
    at.position += literals;
    written += literals;
    if (at.position >= block.length) {
      return written;
    }
    const distance = block.readUInt16LE(at.position);
    at.position += 2;
    const matched = readLength(block, at, token & 15) + 4;
    if (distance >= matched) {
      output.copyWithin(written, written - distance, written - distance + matched);
      written += matched;
    } else {
      // The match overlaps what it produces: a repeated pattern.
      for (const end = written + matched; written < end; written++) {
        output[written] = output[written - distance] ?? 0;
      }
    }
  }
}

/**
 * Unpacks a kernel image, so that a guest without hardware virtualisation need not do it at every boot: half a second
 * of four. Returns undefined when it is not packed with LZ4; the packed image boots as well.
 */
export function plainKernel(image: Buffer): Buffer | undefined {
  const start = (image.readUInt8(setupSectors) + 1) * 512 + image.readUInt32LE(payloadOffset);
  const end = start + image.readUInt32LE(payloadLength);
  if (image.readUInt32LE(start) !== lz4Mark) {
    return undefined;
  }
  // The last word of the payload is the unpacked size.
  const output = Buffer.alloc(image.readUInt32LE(end - 4));
  let position = start + 4;
  let written = 0;
  while (position < end - 4) {
    const length = image.readUInt32LE(position);
    position += 4;
    written = unpackBlock(image.subarray(position, position + length), output, written);
    position += length;
  }
  return output;
}
