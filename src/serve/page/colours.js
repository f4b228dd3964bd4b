// SPDX-License-Identifier: Apache-2.0
// Members have cool colours; warm ones are kept for what needs attention. A member keeps its colour
// for as long as the page is open, whoever comes and goes beside it. Neighbours differ in
// lightness, so that they are told apart by those who see colours otherwise.

/* Lightness, chroma and hue of the first few: as different as cool colours can be. */
const FEW = [
  [0.60, 0.12, 245], [0.76, 0.11, 185], [0.56, 0.13, 292], [0.82, 0.08, 225], [0.64, 0.10, 160],
  [0.74, 0.10, 318], [0.48, 0.10, 255], [0.84, 0.09, 150],
];
const HUE_FIRST = 155, HUE_LAST = 318;
const LIGHTS = [0.58, 0.68, 0.78];
const ZONE_HUES = [245, 185, 292, 160, 318, 215, 270];
const GONE_MAX = 10000; // members that have gone and would get their colour again
const GOLDEN = 0.381966;

const dark = matchMedia('(prefers-color-scheme: dark)');

export function colourScheme() {
  return dark.matches ? 'dark' : 'light';
}

export function onColourScheme(call) {
  dark.addEventListener('change', call);
}

function css([light, chroma, hue]) {
  const shift = dark.matches ? 0.02 : -0.02;
  return `oklch(${(light + shift).toFixed(3)} ${chroma} ${hue.toFixed(1)})`;
}

/* Gives out the colours: by zone if there are zones, else by place among the names. */
export class Colours {
  constructor() {
    this.zones = new Map(); // to {at, size}: its place among zones, members that it has had
    this.members = new Map();
    this.scheme = '';
    this.spread = null; // the names among which the first ones were placed
  }

  zone(name) {
    if (!this.zones.has(name)) this.zones.set(name, { at: this.zones.size, size: 0 });
    return this.zones.get(name);
  }

  zoneHue(at) {
    return ZONE_HUES[at] ?? HUE_FIRST + (at * GOLDEN % 1) * (HUE_LAST - HUE_FIRST);
  }

  /* The members of a ring, in its order: {name, zone}. */
  admit(list) {
    if (this.members.size > list.length + GONE_MAX) { // names of long ago
      this.members.clear();
      this.scheme = '';
    }
    const zones = new Set(list.map((m) => m.zone || ''));
    const fresh = list.filter((m) => !this.members.has(m.name));
    if (fresh.length === list.length) this.spread = list.length;
    fresh.forEach((member, i) => {
      const zone = this.zone(member.zone || ''), number = this.members.size;
      const light = LIGHTS[zone.size++ % LIGHTS.length];
      if (zones.size > 1)
        this.members.set(member.name, [light, 0.1, this.zoneHue(zone.at)]);
      else if (this.spread <= FEW.length)
        this.members.set(member.name, FEW[number % FEW.length]);
      else
        this.members.set(member.name, [light, 0.1, this.between(list, member, i, fresh.length)]);
    });
  }

  /* Without zones: a hue by place, so that the ring goes through all of them once. */
  between(list, member, i, fresh) {
    const place = fresh === list.length ? i : list.indexOf(member);
    return HUE_FIRST + place / list.length * (HUE_LAST - HUE_FIRST);
  }

  /* As text; each is made once. */
  of(name) {
    if (this.scheme !== colourScheme()) {
      this.scheme = colourScheme();
      this.texts = new Map();
    }
    let text = this.texts.get(name);
    if (!text) {
      text = css(this.members.get(name) ?? [0.7, 0.02, 250]);
      if (this.members.has(name)) this.texts.set(name, text);
    }
    return text;
  }

  /* Is a name upon this colour to be written dark? */
  isLight(name) {
    return (this.members.get(name)?.[0] ?? 0.7) > 0.68;
  }
}

/* The few colours of the page that the canvas uses, too, as its styles name them. */
export function pageColours() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(`--${name}`).trim();
  return { text: get('text'), muted: get('muted'), line: get('line'), track: get('track'),
    ground: get('ground'), suspect: get('suspect'), dead: get('dead'), focus: get('focus') };
}
