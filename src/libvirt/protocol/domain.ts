import { array, int, nothing, struct, uchar, uhyper, uint, ushort } from '../xdr/codec.ts';
import { procedure, streamProcedure } from './procedure.ts';
import {
  domain,
  domainAndFlags,
  domainCheckpoint,
  domainSnapshot,
  onlyDomain,
  optionalText,
  text,
  typedParameters,
  uuid,
} from './types.ts';

const foundDomain = struct({ dom: domain });
const xmlText = struct({ xml: text });
/** Without `needResults` only the count comes back. */
const ofOneDomain = struct({ dom: domain, needResults: int, flags: uint });

export const domainGetXmlDesc = procedure('domainGetXmlDesc', 14, domainAndFlags, xmlText);
export const domainGetAutostart = procedure(
  'domainGetAutostart',
  15,
  onlyDomain,
  struct({ autostart: int }),
);
/** Memory in KiB, `cpuTime` in nanoseconds. */
export const domainGetInfo = procedure(
  'domainGetInfo',
  16,
  onlyDomain,
  struct({ state: uchar, maxMem: uhyper, memory: uhyper, nrVirtCpu: ushort, cpuTime: uhyper }),
);
export const domainLookupByName = procedure(
  'domainLookupByName',
  23,
  struct({ name: text }),
  foundDomain,
);
export const domainLookupByUuid = procedure(
  'domainLookupByUuid',
  24,
  struct({ uuid }),
  foundDomain,
);
export const domainReboot = procedure('domainReboot', 27, domainAndFlags, nothing);
export const domainResume = procedure('domainResume', 28, onlyDomain, nothing);
export const domainSetAutostart = procedure(
  'domainSetAutostart',
  29,
  struct({ dom: domain, autostart: int }),
  nothing,
);
export const domainSuspend = procedure('domainSuspend', 34, onlyDomain, nothing);
export const domainIsPersistent = procedure(
  'domainIsPersistent',
  151,
  onlyDomain,
  struct({ persistent: int }),
);
export const domainGetJobInfo = procedure(
  'domainGetJobInfo',
  163,
  onlyDomain,
  struct({
    type: int,
    timeElapsed: uhyper,
    timeRemaining: uhyper,
    dataTotal: uhyper,
    dataProcessed: uhyper,
    dataRemaining: uhyper,
    memTotal: uhyper,
    memProcessed: uhyper,
    memRemaining: uhyper,
    fileTotal: uhyper,
    fileProcessed: uhyper,
    fileRemaining: uhyper,
  }),
);
export const domainAbortJob = procedure('domainAbortJob', 164, onlyDomain, nothing);
export const domainManagedSave = procedure('domainManagedSave', 182, domainAndFlags, nothing);
export const domainHasManagedSaveImage = procedure(
  'domainHasManagedSaveImage',
  183,
  domainAndFlags,
  struct({ result: int }),
);
export const domainManagedSaveRemove = procedure(
  'domainManagedSaveRemove',
  184,
  domainAndFlags,
  nothing,
);
export const domainCreateWithFlags = procedure(
  'domainCreateWithFlags',
  196,
  domainAndFlags,
  foundDomain,
);
/** A null device name means the first console. */
export const domainOpenConsole = streamProcedure(
  'domainOpenConsole',
  201,
  'both',
  struct({ dom: domain, devName: optionalText, flags: uint }),
  nothing,
);
export const domainScreenshot = streamProcedure(
  'domainScreenshot',
  211,
  'read',
  struct({ dom: domain, screen: uint, flags: uint }),
  struct({ mime: optionalText }),
);
export const domainGetState = procedure(
  'domainGetState',
  212,
  domainAndFlags,
  struct({ state: int, reason: int }),
);
/** Never blocks, even when the VM's QEMU does not answer; `stateTime` in milliseconds. */
export const domainGetControlInfo = procedure(
  'domainGetControlInfo',
  229,
  domainAndFlags,
  struct({ state: uint, details: uint, stateTime: uhyper }),
);
export const domainUndefineFlags = procedure('domainUndefineFlags', 231, domainAndFlags, nothing);
export const domainDestroyFlags = procedure('domainDestroyFlags', 234, domainAndFlags, nothing);
export const domainReset = procedure('domainReset', 245, domainAndFlags, nothing);
export const domainShutdownFlags = procedure('domainShutdownFlags', 258, domainAndFlags, nothing);
export const domainSetMetadata = procedure(
  'domainSetMetadata',
  264,
  struct({
    dom: domain,
    type: int,
    metadata: optionalText,
    key: optionalText,
    uri: optionalText,
    flags: uint,
  }),
  nothing,
);
export const domainGetMetadata = procedure(
  'domainGetMetadata',
  265,
  struct({ dom: domain, type: int, uri: optionalText, flags: uint }),
  struct({ metadata: text }),
);
export const domainPmWakeup = procedure('domainPmWakeup', 267, domainAndFlags, nothing);
export const domainListAllSnapshots = procedure(
  'domainListAllSnapshots',
  274,
  ofOneDomain,
  struct({ snapshots: array(domainSnapshot, 16_384), ret: int }),
);
export const domainGetJobStats = procedure(
  'domainGetJobStats',
  298,
  domainAndFlags,
  struct({ type: int, params: typedParameters(64) }),
);
export const domainDefineXmlFlags = procedure(
  'domainDefineXmlFlags',
  350,
  struct({ xml: text, flags: uint }),
  foundDomain,
);
/** `source`: 0 leases, 1 guest agent, 2 ARP. */
export const domainInterfaceAddresses = procedure(
  'domainInterfaceAddresses',
  353,
  struct({ dom: domain, source: uint, flags: uint }),
  struct({
    ifaces: array(
      struct({
        name: text,
        hwaddr: optionalText,
        addrs: array(struct({ type: int, addr: text, prefix: uint }), 2048),
      }),
      2048,
    ),
  }),
);
export const domainRename = procedure(
  'domainRename',
  358,
  struct({ dom: domain, newName: optionalText, flags: uint }),
  struct({ retcode: int }),
);
export const domainListAllCheckpoints = procedure(
  'domainListAllCheckpoints',
  413,
  ofOneDomain,
  struct({ checkpoints: array(domainCheckpoint, 16_384), ret: int }),
);
