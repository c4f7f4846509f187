import type { DemoTime } from './demoTime.ts';
import type { DemoVm } from './demoVm.ts';
import { Figures } from './figures.ts';

/** What the shell can make its VM do. */
export interface GuestPower {
  powerOff(): void;
  reboot(): void;
}

/** What a simulated guest shows and answers on its terminals. */
export class GuestShell {
  readonly #vm: DemoVm;
  readonly #time: DemoTime;
  readonly #power: GuestPower;

  constructor(vm: DemoVm, time: DemoTime, power: GuestPower) {
    this.#vm = vm;
    this.#time = time;
    this.#power = power;
  }

  get prompt(): string {
    return `root@${this.#hostname}:~# `;
  }

  /** What the screen shows while nobody types. */
  screen(): readonly string[] {
    if (!this.#vm.isUp) {
      return ['SeaBIOS (simulated)', '', 'Booting from hard disk...', 'Loading Linux ...'];
    }
    return [
      `Demo Linux 12 ${this.#hostname} tty1`,
      '',
      this.#uptime(),
      '',
      ...this.#memory().split('\n'),
      '',
      'This VM is simulated: nothing of it is real.',
      '',
      `${this.#hostname} login: _`,
    ];
  }

  /** Runs a command line; lines are separated by newlines. */
  run(line: string): string {
    const [command = '', ...words] = line.trim().split(/\s+/);
    switch (command) {
      case '':
        return '';
      case 'help':
        return 'Simulated commands: date echo free help hostname poweroff reboot uname uptime whoami';
      case 'hostname':
        return this.#hostname;
      case 'whoami':
        return 'root';
      case 'echo':
        return words.join(' ');
      case 'uname':
        return words.includes('-a')
          ? `Linux ${this.#hostname} 6.1.0-demo #1 SMP x86_64 GNU/Linux`
          : 'Linux';
      case 'date':
        return new Intl.DateTimeFormat('en-GB', {
          dateStyle: 'full',
          timeStyle: 'long',
          timeZone: 'UTC',
        }).format(this.#time.now());
      case 'uptime':
        return this.#uptime();
      case 'free':
        return this.#memory();
      case 'poweroff':
      case 'halt':
        this.#power.powerOff();
        return 'The system will power off now!';
      case 'reboot':
        this.#power.reboot();
        return 'The system will reboot now!';
      default:
        return `${command}: command not found (try help: this VM is simulated)`;
    }
  }

  get #hostname(): string {
    return this.#vm.name.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
  }

  #uptime(): string {
    const seconds = Math.max(0, Math.floor((this.#time.now() - this.#vm.bootedAt) / 1_000));
    const days = Math.floor(seconds / 86_400);
    const hours = Math.floor(seconds / 3_600) % 24;
    const minutes = Math.floor(seconds / 60) % 60;
    const busy = this.#vm.averageLoad * this.#vm.liveHardware.vcpus;
    return `up ${days} days, ${hours}:${String(minutes).padStart(2, '0')}, load average: ${busy.toFixed(2)}`;
  }

  #memory(): string {
    const memory = new Figures(this.#vm, this.#time).memory;
    const total = memory?.available ?? this.#vm.liveHardware.memoryKiB;
    const free = memory?.unused ?? Math.round(total / 2);
    const cached = memory?.diskCaches ?? 0;
    const cells = [total, total - free - cached, free, cached].map((value) =>
      String(value).padStart(11),
    );
    return `             total       used       free buff/cache\nMem:  ${cells.join('')}`;
  }
}
