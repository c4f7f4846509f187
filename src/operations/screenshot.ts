import type { HostSession } from '../inventory/hostSession.ts';
import { wireDomain } from '../inventory/readDomains.ts';
import { ProtocolError } from '../libvirt/errors.ts';
import { domainScreenshot } from '../libvirt/protocol/domain.ts';
import type { Domain } from '../model/domain.ts';
import { ppmToPng } from './ppmToPng.ts';

/** What a VM's screen shows. */
export interface Screenshot {
  /** `image/png`, unless the hypervisor makes something that is not known here. */
  readonly mime: string;
  readonly bytes: Uint8Array;
}

/** No screen is larger: 8K in four bytes a pixel is 127 MiB, uncompressed. */
const maxBytes = 160 * 1024 * 1024;
const deadlineMs = 15_000;
/** What hypervisors without libpng give. */
const portablePixmap = 'image/x-portable-pixmap';

/**
 * Takes a picture of a VM's first screen.
 * @throws LibvirtError if it has none or is off, TransportError if its QEMU does not answer in time.
 */
export async function takeScreenshot(
  session: HostSession,
  domain: Domain,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Screenshot> {
  const { ret, stream } = await session.openStream(
    domainScreenshot,
    { dom: wireDomain(domain), screen: 0, flags: 0 },
    { deadlineMs, signal: options.signal },
  );
  const stop = (): void => {
    stream.abort();
  };
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) {
        throw new ProtocolError(`The screenshot of ${domain.name} exceeds ${maxBytes} bytes.`);
      }
    }
    await stream.finish();
    const bytes = new Uint8Array(Buffer.concat(chunks));
    return ret.mime === portablePixmap
      ? { mime: 'image/png', bytes: ppmToPng(bytes) }
      : { mime: ret.mime ?? 'application/octet-stream', bytes };
  } finally {
    options.signal?.removeEventListener('abort', stop);
    stream.abort(); // nothing to abort once it has finished
  }
}
