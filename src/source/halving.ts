/**
 * The first of so many places at which something holds that holds at all later ones as well; their number: it holds at
 * none. Found by halving, because there may be very many.
 */
export function firstPlace(length: number, isSuch: (at: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSuch(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
