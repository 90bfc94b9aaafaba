/** Distances on the earth. */

/** Mean radius of the earth (IUGG). */
const EARTH_KM = 6_371.009;

type Place = { readonly lat: number; readonly lon: number };

/** Great-circle distance by the haversine formula, in kilometres. */
export const greatCircleKm = (a: Place, b: Place): number => {
  const radians = Math.PI / 180;
  const half = (degrees: number): number => Math.sin((degrees * radians) / 2) ** 2;
  const h =
    half(b.lat - a.lat) +
    Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * half(b.lon - a.lon);
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)));
};
