import { hyper, int, struct, uhyper, uint } from '../xdr/codec.ts';
import { eventMessage } from './procedure.ts';
import {
  domain,
  network,
  nodeDevice,
  optionalText,
  secret,
  storagePool,
  text,
  typedParameters,
} from './types.ts';

/** Fields of the events whose older form is wrapped: the callback, then the old message. */
const onlyDomainMessage = struct({ callbackID: int, msg: struct({ dom: domain }) });
const reasonAndDomainMessage = struct({
  callbackID: int,
  reason: int,
  msg: struct({ dom: domain }),
});
const lifecycle = { event: int, detail: int };

export const domainLifecycleEvent = eventMessage(
  'domainEventCallbackLifecycle',
  318,
  struct({ callbackID: int, msg: struct({ dom: domain, ...lifecycle }) }),
);
export const domainRebootEvent = eventMessage('domainEventCallbackReboot', 319, onlyDomainMessage);
export const domainRtcChangeEvent = eventMessage(
  'domainEventCallbackRtcChange',
  320,
  struct({ callbackID: int, msg: struct({ dom: domain, offset: hyper }) }),
);
export const domainWatchdogEvent = eventMessage(
  'domainEventCallbackWatchdog',
  321,
  struct({ callbackID: int, msg: struct({ dom: domain, action: int }) }),
);
export const domainIoErrorReasonEvent = eventMessage(
  'domainEventCallbackIoErrorReason',
  324,
  struct({
    callbackID: int,
    msg: struct({ dom: domain, srcPath: text, devAlias: text, action: int, reason: text }),
  }),
);
export const domainControlErrorEvent = eventMessage(
  'domainEventCallbackControlError',
  325,
  onlyDomainMessage,
);
export const domainDiskChangeEvent = eventMessage(
  'domainEventCallbackDiskChange',
  327,
  struct({
    callbackID: int,
    msg: struct({
      dom: domain,
      oldSrcPath: optionalText,
      newSrcPath: optionalText,
      devAlias: text,
      reason: int,
    }),
  }),
);
export const domainTrayChangeEvent = eventMessage(
  'domainEventCallbackTrayChange',
  328,
  struct({ callbackID: int, msg: struct({ dom: domain, devAlias: text, reason: int }) }),
);
export const domainPmWakeupEvent = eventMessage(
  'domainEventCallbackPmwakeup',
  329,
  reasonAndDomainMessage,
);
export const domainPmSuspendEvent = eventMessage(
  'domainEventCallbackPmsuspend',
  330,
  reasonAndDomainMessage,
);
export const domainBalloonChangeEvent = eventMessage(
  'domainEventCallbackBalloonChange',
  331,
  struct({ callbackID: int, msg: struct({ dom: domain, actual: uhyper }) }),
);
export const domainPmSuspendDiskEvent = eventMessage(
  'domainEventCallbackPmsuspendDisk',
  332,
  reasonAndDomainMessage,
);
export const domainDeviceRemovedEvent = eventMessage(
  'domainEventCallbackDeviceRemoved',
  333,
  struct({ callbackID: int, msg: struct({ dom: domain, devAlias: text }) }),
);
export const domainBlockJobEvent = eventMessage(
  'domainEventBlockJob2',
  339,
  struct({ callbackID: int, dom: domain, dst: text, type: int, status: int }),
);
export const domainTunableEvent = eventMessage(
  'domainEventCallbackTunable',
  346,
  struct({ callbackID: int, dom: domain, params: typedParameters(2048) }),
);
export const domainAgentLifecycleEvent = eventMessage(
  'domainEventCallbackAgentLifecycle',
  348,
  struct({ callbackID: int, dom: domain, state: int, reason: int }),
);
export const domainDeviceAddedEvent = eventMessage(
  'domainEventCallbackDeviceAdded',
  354,
  struct({ callbackID: int, dom: domain, devAlias: text }),
);
export const domainMigrationIterationEvent = eventMessage(
  'domainEventCallbackMigrationIteration',
  359,
  struct({ callbackID: int, dom: domain, iteration: int }),
);
export const connectionClosedEvent = eventMessage(
  'connectEventConnectionClosed',
  362,
  struct({ reason: int }),
);
export const domainJobCompletedEvent = eventMessage(
  'domainEventCallbackJobCompleted',
  363,
  struct({ callbackID: int, dom: domain, params: typedParameters(64) }),
);
export const domainDeviceRemovalFailedEvent = eventMessage(
  'domainEventCallbackDeviceRemovalFailed',
  367,
  struct({ callbackID: int, dom: domain, devAlias: text }),
);
export const domainMetadataChangeEvent = eventMessage(
  'domainEventCallbackMetadataChange',
  379,
  struct({ callbackID: int, dom: domain, type: int, nsuri: optionalText }),
);
export const domainBlockThresholdEvent = eventMessage(
  'domainEventBlockThreshold',
  385,
  struct({
    callbackID: int,
    dom: domain,
    dev: text,
    path: optionalText,
    threshold: uhyper,
    excess: uhyper,
  }),
);
export const domainMemoryFailureEvent = eventMessage(
  'domainEventMemoryFailure',
  423,
  struct({ callbackID: int, dom: domain, recipient: int, action: int, flags: uint }),
);
export const domainMemoryDeviceSizeChangeEvent = eventMessage(
  'domainEventMemoryDeviceSizeChange',
  438,
  struct({ callbackID: int, dom: domain, alias: text, size: uhyper }),
);

export const networkLifecycleEvent = eventMessage(
  'networkEventLifecycle',
  315,
  struct({ callbackID: int, net: network, ...lifecycle }),
);
export const storagePoolLifecycleEvent = eventMessage(
  'storagePoolEventLifecycle',
  370,
  struct({ callbackID: int, pool: storagePool, ...lifecycle }),
);
export const storagePoolRefreshEvent = eventMessage(
  'storagePoolEventRefresh',
  373,
  struct({ callbackID: int, pool: storagePool }),
);
export const nodeDeviceLifecycleEvent = eventMessage(
  'nodeDeviceEventLifecycle',
  376,
  struct({ callbackID: int, dev: nodeDevice, ...lifecycle }),
);
export const nodeDeviceUpdateEvent = eventMessage(
  'nodeDeviceEventUpdate',
  377,
  struct({ callbackID: int, dev: nodeDevice }),
);
export const secretLifecycleEvent = eventMessage(
  'secretEventLifecycle',
  382,
  struct({ callbackID: int, secret, ...lifecycle }),
);
export const secretValueChangedEvent = eventMessage(
  'secretEventValueChanged',
  383,
  struct({ callbackID: int, secret }),
);
