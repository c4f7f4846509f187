import type { PicturePath } from './documentPath.ts';

/** A picture in memory. */
export interface Picture {
  readonly path: PicturePath;
  readonly bytes: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly takenAt: number;
}

const defaultMaxBytes = 128 * 1024 * 1024;

/** Screenshots that were taken in this window, in memory; the oldest go when they become too many. */
export class Pictures {
  readonly #maxBytes: number;
  readonly #pictures = new Map<string, Picture>();
  #bytes = 0;

  constructor(maxBytes = defaultMaxBytes) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Keeps a picture of a VM's screen under a name made of the VM's and the time.
   * @param takenAt milliseconds since the epoch
   */
  add(
    vm: { host: string; uuid: string; name: string },
    bytes: Uint8Array,
    takenAt: number,
  ): Picture {
    const { host, uuid } = vm;
    const title = `${vm.name} ${formatLocalTime(takenAt)}`;
    let path: PicturePath = { kind: 'picture', host, uuid, title };
    for (let count = 2; this.#pictures.has(idOf(path)); count++) {
      path = { ...path, title: `${title} (${count})` };
    }
    const picture = { path, bytes, takenAt };
    this.#pictures.set(idOf(path), picture);
    this.#bytes += bytes.length;
    for (const oldest of this.#pictures.values()) {
      if (this.#bytes <= this.#maxBytes || oldest === picture) {
        break;
      }
      this.remove(oldest.path);
    }
    return picture;
  }

  get(path: PicturePath): Picture | undefined {
    return this.#pictures.get(idOf(path));
  }

  remove(path: PicturePath): void {
    const picture = this.get(path);
    if (picture) {
      this.#pictures.delete(idOf(path));
      this.#bytes -= picture.bytes.length;
    }
  }
}

function idOf({ host, uuid, title }: PicturePath): string {
  return `${uuid} ${host} ${title}`;
}

/** Local time as a file may be named: no colon, which Windows does not allow. */
function formatLocalTime(at: number): string {
  const time = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join('-');
  return `${date} ${clock}`;
}
