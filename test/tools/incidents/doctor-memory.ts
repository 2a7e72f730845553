/** What may be wrong with the memory of a running pair. */
import type { DoctorKind } from "./doctor-kinds.js";

/** What workers get, and what a script of them takes. */
const ROOM = 96 << 20;
const SWAP = 256 << 20;

export const memoryKinds: readonly DoctorKind[] = [
  {
    status: 200,
    name: "a worker killed for want of memory",
    expected: ["resources/killed"],
    needs: "memory",
    happens: async (pair) => {
      pair.boundMemory(ROOM);
      await pair.ask("/index.php?m=eat");
    },
  },
  {
    status: 200,
    name: "room for memory, and none was killed",
    expected: [],
    needs: "memory",
    happens: async (pair) => {
      pair.boundMemory(ROOM);
      await pair.ask("/index.php?m=hold&mb=16&s=0");
    },
  },
  {
    status: 200,
    name: "swapped out",
    expected: ["resources/swap"],
    needs: "swap",
    happens: async (pair) => {
      pair.addSwap(SWAP);
      pair.boundMemory(ROOM, SWAP);
      const asked = pair.ask("/index.php?m=hold&mb=160&s=6");
      await new Promise((wake) => setTimeout(wake, 2500));
      return () => asked;
    },
  },
];
