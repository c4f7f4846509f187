import type { Log } from '../base/log.ts';
import type { Connection } from '../libvirt/connection.ts';
import {
  domainEventId,
  networkEventId,
  nodeDeviceEventId,
  secretEventId,
  storagePoolEventId,
} from '../libvirt/constants.ts';
import { LibvirtError } from '../libvirt/errors.ts';
import {
  connectDomainEventCallbackRegisterAny,
  connectNetworkEventRegisterAny,
  connectNodeDeviceEventRegisterAny,
  connectSecretEventRegisterAny,
  connectStoragePoolEventRegisterAny,
} from '../libvirt/protocol/connect.ts';
import * as events from '../libvirt/protocol/events.ts';
import type { EventMessage } from '../libvirt/protocol/procedure.ts';
import type { WireDomain } from '../libvirt/protocol/types.ts';
import { formatUuid } from '../model/uuid.ts';
import type { LifecycleEvent } from './lifecycleEvent.ts';

/** What a host's events mean to whoever keeps its picture. */
export interface EventSink {
  lifecycle(event: LifecycleEvent): void;
  /** Something else about a domain is different: its devices, memory, metadata or guest. */
  domainTouched(uuid: string): void;
  networksTouched(): void;
  poolsTouched(): void;
  devicesTouched(): void;
  secretsTouched(): void;
}

/**
 * Registers for every event that changes the picture. Kinds that the driver does not know are passed over.
 * The listeners end with the connection.
 */
export async function subscribe(connection: Connection, sink: EventSink, log: Log): Promise<void> {
  listen(connection, sink);
  const domain = (eventID: number): Promise<unknown> =>
    connection.call(connectDomainEventCallbackRegisterAny, { eventID, dom: null });
  // Without these the picture would not be live: a failure is the caller's
  await domain(domainEventId.lifecycle);
  const optional: readonly (readonly [string, () => Promise<unknown>])[] = [
    ...domainEvents.map(([eventID]) => [`domain ${eventID}`, () => domain(eventID)] as const),
    [
      'network',
      () =>
        connection.call(connectNetworkEventRegisterAny, {
          eventID: networkEventId.lifecycle,
          net: null,
        }),
    ],
    ...Object.values(storagePoolEventId).map(
      (eventID) =>
        [
          `pool ${eventID}`,
          () => connection.call(connectStoragePoolEventRegisterAny, { eventID, pool: null }),
        ] as const,
    ),
    ...Object.values(nodeDeviceEventId).map(
      (eventID) =>
        [
          `node device ${eventID}`,
          () => connection.call(connectNodeDeviceEventRegisterAny, { eventID, dev: null }),
        ] as const,
    ),
    ...Object.values(secretEventId).map(
      (eventID) =>
        [
          `secret ${eventID}`,
          () => connection.call(connectSecretEventRegisterAny, { eventID, secret: null }),
        ] as const,
    ),
  ];
  await Promise.all(
    optional.map(async ([name, register]) => {
      try {
        await register();
      } catch (error) {
        if (!(error instanceof LibvirtError)) {
          throw error;
        }
        log.debug(`no ${name} events from this driver: ${error.message}`);
      }
    }),
  );
}

/** Events about one domain that only say "look again"; how to find the domain in each. */
const domainEvents: readonly (readonly [number, EventMessage<never>, Locate])[] = [
  wrapped(domainEventId.reboot, events.domainRebootEvent),
  wrapped(domainEventId.controlError, events.domainControlErrorEvent),
  wrapped(domainEventId.ioErrorReason, events.domainIoErrorReasonEvent),
  wrapped(domainEventId.watchdog, events.domainWatchdogEvent),
  wrapped(domainEventId.diskChange, events.domainDiskChangeEvent),
  wrapped(domainEventId.trayChange, events.domainTrayChangeEvent),
  wrapped(domainEventId.pmWakeup, events.domainPmWakeupEvent),
  wrapped(domainEventId.pmSuspend, events.domainPmSuspendEvent),
  wrapped(domainEventId.pmSuspendDisk, events.domainPmSuspendDiskEvent),
  wrapped(domainEventId.balloonChange, events.domainBalloonChangeEvent),
  wrapped(domainEventId.deviceRemoved, events.domainDeviceRemovedEvent),
  plain(domainEventId.deviceAdded, events.domainDeviceAddedEvent),
  plain(domainEventId.blockJob2, events.domainBlockJobEvent),
  plain(domainEventId.tunable, events.domainTunableEvent),
  plain(domainEventId.agentLifecycle, events.domainAgentLifecycleEvent),
  plain(domainEventId.jobCompleted, events.domainJobCompletedEvent),
  plain(domainEventId.metadataChange, events.domainMetadataChangeEvent),
  plain(domainEventId.memoryDeviceSizeChange, events.domainMemoryDeviceSizeChangeEvent),
];

type Locate = (message: never) => WireDomain;

function wrapped<T extends { readonly msg: { readonly dom: WireDomain } }>(
  id: number,
  message: EventMessage<T>,
): readonly [number, EventMessage<never>, Locate] {
  return [id, message as EventMessage<never>, (value: T) => value.msg.dom];
}

function plain<T extends { readonly dom: WireDomain }>(
  id: number,
  message: EventMessage<T>,
): readonly [number, EventMessage<never>, Locate] {
  return [id, message as EventMessage<never>, (value: T) => value.dom];
}

function listen(connection: Connection, sink: EventSink): void {
  connection.on(events.domainLifecycleEvent, ({ msg }) => {
    sink.lifecycle({
      uuid: formatUuid(msg.dom.uuid),
      name: msg.dom.name,
      id: msg.dom.id,
      event: msg.event,
      detail: msg.detail,
    });
  });
  for (const [, message, locate] of domainEvents) {
    connection.on(message, (value) => {
      sink.domainTouched(formatUuid(locate(value).uuid));
    });
  }
  connection.on(events.networkLifecycleEvent, () => {
    sink.networksTouched();
  });
  for (const message of [events.storagePoolLifecycleEvent, events.storagePoolRefreshEvent]) {
    connection.on(message, () => {
      sink.poolsTouched();
    });
  }
  for (const message of [events.nodeDeviceLifecycleEvent, events.nodeDeviceUpdateEvent]) {
    connection.on(message, () => {
      sink.devicesTouched();
    });
  }
  for (const message of [events.secretLifecycleEvent, events.secretValueChangedEvent]) {
    connection.on(message, () => {
      sink.secretsTouched();
    });
  }
}
