/** Tells when the battery runs low, where the browser offers it (not on iOS). */

/** @typedef {EventTarget & { level: number, charging: boolean }} Battery */

const LOW = 0.15;

/**
 * @param {(percent: number) => void} onLow called at 15 % and again at each 5 % below
 */
export async function watchBattery(onLow) {
  const phone = /** @type {Navigator & { getBattery?: () => Promise<Battery> }} */ (navigator);
  if (!phone.getBattery) return;
  const battery = await phone.getBattery();
  let told = 1;
  const look = () => {
    if (battery.charging) told = 1;
    else if (battery.level <= LOW && battery.level <= told - 0.05) {
      told = battery.level;
      onLow(Math.round(battery.level * 100));
    }
  };
  battery.addEventListener('levelchange', look);
  battery.addEventListener('chargingchange', look);
  look();
}
