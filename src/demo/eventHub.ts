import { domainEventId } from '../libvirt/constants.ts';
import * as events from '../libvirt/protocol/events.ts';
import type { EventMessage } from '../libvirt/protocol/procedure.ts';
import type { WireDomain } from '../libvirt/protocol/types.ts';
import type { Client } from './serving.ts';

/** What events can be about; each kind has event numbers and callbacks of its own. */
export type EventKind = 'domain' | 'network' | 'storagePool' | 'nodeDevice' | 'secret';

interface Registration {
  readonly client: Client;
  readonly kind: EventKind;
  readonly eventID: number;
  readonly callbackID: number;
  /** Only about the one with this UUID. */
  readonly uuid: Uint8Array | undefined;
}

/** Who is told what. */
export class EventHub {
  readonly #registrations = new Set<Registration>();
  readonly #nextCallback = new Map<EventKind, number>();

  /** @returns the callback's number, which every event carries. */
  register(client: Client, kind: EventKind, eventID: number, uuid: Uint8Array | undefined): number {
    const callbackID = this.#nextCallback.get(kind) ?? 0;
    this.#nextCallback.set(kind, callbackID + 1);
    const registration = { client, kind, eventID, callbackID, uuid };
    this.#registrations.add(registration);
    client.onClose(() => {
      this.#registrations.delete(registration);
    });
    return callbackID;
  }

  /** @returns whether the client had that callback. */
  deregister(client: Client, kind: EventKind, callbackID: number): boolean {
    for (const each of this.#registrations) {
      if (each.client === client && each.kind === kind && each.callbackID === callbackID) {
        return this.#registrations.delete(each);
      }
    }
    return false;
  }

  /** Sends an event to whom it concerns. */
  emit<T>(
    kind: EventKind,
    eventID: number,
    uuid: Uint8Array,
    event: EventMessage<T>,
    message: (callbackID: number) => T,
  ): void {
    for (const each of this.#registrations) {
      if (each.kind === kind && each.eventID === eventID && concerns(each, uuid)) {
        each.client.sendEvent(event, message(each.callbackID));
      }
    }
  }

  lifecycle(dom: WireDomain, event: number, detail: number): void {
    this.emit(
      'domain',
      domainEventId.lifecycle,
      dom.uuid,
      events.domainLifecycleEvent,
      (callbackID) => ({ callbackID, msg: { dom, event, detail } }),
    );
  }

  reboot(dom: WireDomain): void {
    this.emit('domain', domainEventId.reboot, dom.uuid, events.domainRebootEvent, (callbackID) => ({
      callbackID,
      msg: { dom },
    }));
  }

  /** `state`: 1 connected, 2 disconnected; `reason`: 1 the VM was started, 2 its channel changed. */
  agent(dom: WireDomain, state: number, reason: number): void {
    this.emit(
      'domain',
      domainEventId.agentLifecycle,
      dom.uuid,
      events.domainAgentLifecycleEvent,
      (callbackID) => ({ callbackID, dom, state, reason }),
    );
  }

  metadata(dom: WireDomain, type: number, nsuri: string | null): void {
    this.emit(
      'domain',
      domainEventId.metadataChange,
      dom.uuid,
      events.domainMetadataChangeEvent,
      (callbackID) => ({ callbackID, dom, type, nsuri }),
    );
  }
}

function concerns({ uuid }: Registration, about: Uint8Array): boolean {
  return uuid?.every((byte, at) => byte === about[at]) ?? true;
}
