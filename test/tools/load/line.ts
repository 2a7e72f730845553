/**
 * One line before equal workers, first come, first served, at no cost: for each request in the order
 * of arrival, how many seconds it waits for the worker that is free first.
 */
export function line(workers: number): (arrival: number, service: number) => number {
  const free = new Float64Array(workers);
  return (arrival, service) => {
    let first = 0;
    for (let one = 1; one < workers; one += 1) if (at(free, one) < at(free, first)) first = one;
    const begin = Math.max(arrival, at(free, first));
    free[first] = begin + service;
    return begin - arrival;
  };
}

function at(free: Float64Array, worker: number): number {
  return free[worker] ?? 0;
}
