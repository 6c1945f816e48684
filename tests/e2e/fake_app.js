/** A door without logic, for tests of the screens alone: `window.fake` sets what it shows. */

const ZONE = 'Asia/Tokyo';
const NIGHT = Date.UTC(2026, 10, 21, 12, 4, 33);

const event = {
  id: 'e1', number: 4711, title: 'Midnight Garden: Winter Ball', start: NIGHT - 3_600_000,
  end: Date.now() + 8 * 3_600_000, time_zone: ZONE,
};
const lists = [
  {
    list: 1, rev: 1, name: 'Main door', entry: 'single', perDay: 1, capacity: null, gates: [], exits: false,
    tiers: [{ tier: 1, name: 'General', from: null, until: null }, { tier: 2, name: 'VIP', from: null, until: null }],
  },
  {
    list: 2, rev: 1, name: 'Cloakroom', tiers: [{ tier: 2, name: 'VIP', from: null, until: null }],
    entry: 'reentry', perDay: 1, capacity: 400, gates: ['Lower hall', 'Upper hall'], exits: true,
  },
];
const DRILL = [
  ['list_age', true, '12'], ['storage', false, ''], ['camera', true, 'running'], ['worker', true, 'active'],
  ['self_scan', true, 'read'], ['clock', true, '-400'], ['battery', null, ''], ['outbox', false, '3'],
  ['build', true, 'test'], ['key', null, ''],
];

class FakeScanner extends EventTarget {
  state = 'off';
  cameras = [
    { id: 'a', label: 'Back camera, wide' },
    { id: 'b', label: 'Back camera, ultra wide' },
    { id: 'c', label: 'Front camera' },
  ];
  cameraId = 'a';
  hasTorch = true;
  torch = false;
  zoom = { min: 1, max: 5, step: 0.1, value: 1 };
  next = 'running';
  starts = 0;
  reader = null;

  async start(video, reader) {
    this.starts += 1;
    this.reader = reader;
    if (this.next === 'running' && !video.srcObject) video.srcObject = street();
    this.#be(this.next);
  }

  #be(state) {
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }

  pause() {}

  stop() {
    this.state = 'off';
  }

  async useCamera(id) {
    this.cameraId = id;
    this.#be(this.state);
  }

  async setTorch(on) {
    this.torch = on;
    this.#be(this.state);
  }

  async setZoom(value) {
    this.zoom.value = value;
  }

  hold(on) {
    this.held = on;
  }
}

/** What is done about somebody seen before: every call is noted, `allow` says what is offered. */
class FakeDecisions {
  supervision = 'pin';
  allow = { undoUntil: null, undoBySupervisor: false, override: true, leave: false, party: 1 };
  members = [];
  calls = [];
  pin = '4711';

  constructor(door) {
    this.door = door;
  }

  actions() {
    return this.allow;
  }

  party() {
    return this.members;
  }

  async looked(light, admit) {
    this.#note('looked', [admit], { kind: admit ? 'admit' : 'deny', admit });
  }

  async undo(subject, pin) {
    this.#note('undo', [pin], { kind: 'undo', admit: false });
  }

  async override(subject, reason, pin) {
    if (pin !== this.pin) {
      throw Object.assign(new Error('PIN'), { name: 'PinRefused', reason: 'wrong', left: 4, wait: 0 });
    }
    this.#note('override', [reason, pin], { kind: 'override', verdict: 'refunded' });
  }

  async leave() {
    this.#note('leave', [], { kind: 'exit', leaving: true });
  }

  async admitParty(serials) {
    const party = this.members.filter(({ serial }) => serials.includes(serial));
    this.#note('party', [serials], { kind: 'party', name: '', printedId: '', party });
  }

  #note(name, how, light) {
    this.calls.push([name, ...how]);
    this.door.light(light);
  }
}

/** A dim picture with something bright in it, as a door at night gives. */
function street() {
  const canvas = document.createElement('canvas');
  canvas.width = 720;
  canvas.height = 1280;
  const pen = canvas.getContext('2d');
  const draw = () => {
    const shade = pen.createLinearGradient(0, 0, 720, 1280);
    shade.addColorStop(0, '#4a3b52');
    shade.addColorStop(0.5, '#8a7f86');
    shade.addColorStop(1, '#2c2630');
    pen.fillStyle = shade;
    pen.fillRect(0, 0, 720, 1280);
    pen.fillStyle = '#f4f1ea';
    pen.fillRect(190, 420, 340, 340);
  };
  draw();
  setInterval(draw, 100);
  return canvas.captureStream(10);
}

class FakeDoor extends EventTarget {
  constructor(id) {
    super();
    this.id = id;
    this.info = {
      id, device: 1, name: 'Phone 3', role: 'steward', event, standing: 'active',
      createdAt: NIGHT, expiresAt: event.end + 43_200_000, pending: 0,
    };
    this.status = {
      online: true, pending: 0, listAgeS: 12, tickets: 500, standing: 'active', holdsLock: true,
      persisted: true, syncing: false, lastError: '', lastSyncAt: NIGHT, clockSkewMs: 40, ready: true, build: 'test',
    };
    this.lists = lists;
    this.list = null;
    this.gate = 'North gate';
    this.operator = '';
    this.busy = false;
    this.typed = [];
    this.admitted = [];
    this.paintedAt = 0;
    this.syncs = 0;
    this.rows = [];
    this.entries = [];
    this.inside = null;
    this.exiting = false;
    this.lastDrill = null;
    this.checks = DRILL;
    this.decisions = new FakeDecisions(this);
  }

  async setExiting(on) {
    this.exiting = on;
    this.dispatchEvent(new Event('change'));
  }

  async drill() {
    const checks = this.checks.map(([id, ok, value]) => ({ id, ok, value }));
    this.lastDrill = { at: NIGHT, checks };
    return this.lastDrill;
  }

  async logFile() {
    return { name: 'handstamp-log-000000000001.jsonl', text: '{"log":"handstamp/log/1"}\n' };
  }

  set(status) {
    Object.assign(this.status, status);
    this.dispatchEvent(new Event('change'));
  }

  light(light) {
    const whole = {
      kind: light.admit === false ? 'deny' : 'admit', leaving: false, look: null, elsewhere: null, party: [],
      verdict: 'valid', admit: true, flags: [], name: 'Zoë Ångström', tier: 'General', order: 'ORD-1001',
      printedId: 'MGY-WB-20261121-7K3M9QXA-T', used: null, window: null, listAgeS: this.status.listAgeS,
      factNumber: 1, switchTo: null, how: 'scan', at: NIGHT,
      timings: { frame: 0, decoded: 0, decided: 0, durable: 0, painted: 0 }, ...light,
    };
    this.dispatchEvent(new CustomEvent('light', { detail: whole }));
  }

  async setList(list) {
    this.list = this.lists.find((one) => one.list === list);
    this.dispatchEvent(new Event('change'));
  }

  async setGate(gate) {
    this.gate = gate;
  }

  async setOperator(name) {
    this.operator = name;
  }

  async scanText(text, how) {
    this.typed.push([text, how]);
    this.light({ verdict: 'not_a_ticket', admit: false, name: '', tier: '', printedId: '' });
  }

  async search(query) {
    return { rows: query.length < 3 ? [] : this.rows, tooShort: query.length < 3, fuzzy: query === 'fuzzy' };
  }

  async admit(serial) {
    this.admitted.push(serial);
    this.light({ how: 'search' });
  }

  async log() {
    return this.entries;
  }

  async takeOver() {
    this.set({ holdsLock: true });
  }

  async syncNow() {
    this.syncs += 1;
    this.set({ pending: 0 });
  }

  painted() {
    this.paintedAt = performance.now();
  }

  async close() {}
}

class FakeApp extends EventTarget {
  build = '2026-11-21 test';
  scanner = new FakeScanner();
  updateWaiting = false;
  applied = 0;
  refuseUpdate = false;
  doors = new Map();
  known = [];
  forgotten = [];
  refusal = '';
  asked = [];

  async pairings() {
    return this.known.map((id) => this.#door(id).info);
  }

  #door(id) {
    if (!this.doors.has(id)) this.doors.set(id, new FakeDoor(id));
    return this.doors.get(id);
  }

  async pair(code) {
    this.asked.push(code);
    if (this.refusal) throw new Error(this.refusal);
    this.known.push('00000000000a');
    return this.#door('00000000000a').info;
  }

  async open(id) {
    this.door = this.#door(id);
    return this.door;
  }

  async forget(id) {
    this.forgotten.push(id);
    this.known = this.known.filter((one) => one !== id);
  }

  async applyUpdate() {
    this.applied += 1;
    if (this.refuseUpdate) throw new Error('busy');
  }

  offer() {
    this.updateWaiting = true;
    this.dispatchEvent(new Event('update'));
  }

  async persist() {
    return true;
  }
}

const { startScreens } = await import('/tickets/checkin/src/ui/shell.js');
const { speakWanted } = await import('/tickets/checkin/src/ui/language.js');
const wanted = new URL(location.href).searchParams;
const texts = async (language) => (await fetch(`/tickets/checkin/locales/${language}.json`)).json();
await speakWanted(wanted.get('lang'), texts);
const app = new FakeApp();
app.known = (wanted.get('known') ?? '').split(',').filter(Boolean);
app.scanner.next = wanted.get('camera') ?? 'running';
Object.assign(window, { fake: { app, NIGHT } });
await startScreens(app, document.getElementById('app'));
document.documentElement.dataset.started = 'yes';
