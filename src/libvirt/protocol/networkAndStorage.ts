import { array, hyper, int, nothing, char, struct, uchar, uhyper, uint } from '../xdr/codec.ts';
import { procedure, streamProcedure } from './procedure.ts';
import { network, optionalText, storagePool, storageVolume, text } from './types.ts';

const onlyNetwork = struct({ net: network });
const onlyPool = struct({ pool: storagePool });
const xmlText = struct({ xml: text });

export const networkGetXmlDesc = procedure(
  'networkGetXmlDesc',
  43,
  struct({ net: network, flags: uint }),
  xmlText,
);
export const networkGetAutostart = procedure(
  'networkGetAutostart',
  44,
  onlyNetwork,
  struct({ autostart: int }),
);
export const networkIsActive = procedure(
  'networkIsActive',
  152,
  onlyNetwork,
  struct({ active: int }),
);
/** `expirytime` in seconds since the epoch; `type` 0 is IPv4, 1 IPv6. */
export const networkGetDhcpLeases = procedure(
  'networkGetDhcpLeases',
  341,
  struct({ net: network, mac: optionalText, needResults: int, flags: uint }),
  struct({
    leases: array(
      struct({
        iface: text,
        expirytime: hyper,
        type: int,
        mac: optionalText,
        iaid: optionalText,
        ipaddr: text,
        prefix: uint,
        hostname: optionalText,
        clientid: optionalText,
      }),
      65_536,
    ),
    ret: uint,
  }),
);

export const storagePoolRefresh = procedure(
  'storagePoolRefresh',
  83,
  struct({ pool: storagePool, flags: uint }),
  nothing,
);
/** Sizes in bytes. */
export const storagePoolGetInfo = procedure(
  'storagePoolGetInfo',
  87,
  onlyPool,
  struct({ state: uchar, capacity: uhyper, allocation: uhyper, available: uhyper }),
);
export const storagePoolGetXmlDesc = procedure(
  'storagePoolGetXmlDesc',
  88,
  struct({ pool: storagePool, flags: uint }),
  xmlText,
);
export const storagePoolGetAutostart = procedure(
  'storagePoolGetAutostart',
  89,
  onlyPool,
  struct({ autostart: int }),
);
/** Sizes in bytes. */
export const storageVolGetInfo = procedure(
  'storageVolGetInfo',
  98,
  struct({ vol: storageVolume }),
  struct({ type: char, capacity: uhyper, allocation: uhyper }),
);
/** Offset and length in bytes; a length of 0 is all there is room for. */
const volumeRange = struct({ vol: storageVolume, offset: uhyper, length: uhyper, flags: uint });
export const storageVolUpload = streamProcedure(
  'storageVolUpload',
  208,
  'write',
  volumeRange,
  nothing,
);
/** As above; a length of 0 is all from the offset on. */
export const storageVolDownload = streamProcedure(
  'storageVolDownload',
  209,
  'read',
  volumeRange,
  nothing,
);
export const storagePoolListAllVolumes = procedure(
  'storagePoolListAllVolumes',
  282,
  struct({ pool: storagePool, needResults: int, flags: uint }),
  struct({ vols: array(storageVolume, 16_384), ret: uint }),
);
