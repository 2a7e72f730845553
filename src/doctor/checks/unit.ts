import { type Check, fine, unknown, wrong } from "../check.js";

/** So many restarts are no accident. */
const MANY = 3;

export const unit: Check = {
  id: "basics/unit",
  title: "the services of systemd are active",
  looksAt: "`systemctl show` of the services of nginx and PHP-FPM",
  fires: "a service that is loaded has failed, or systemd has restarted it three times or more",
  silent: "the service is not loaded, or was stopped by hand",
  cannotTell: "there is no systemd, or it was not asked",
  judge({ facts }) {
    if (facts.units.length === 0) return [unknown("systemd is not here, or was not asked")];
    return facts.units.map(({ name, state, result, restarts }) => {
      const fix = `journalctl -u ${name} -n 30`;
      if (state === "failed")
        return wrong("error", `${name} has failed`, { evidence: [`its result is ${result}`], fix });
      if ((restarts ?? 0) >= MANY)
        return wrong("warning", `systemd has restarted ${name} ${restarts} times`, { fix });
      return fine(`${name} is ${state}`);
    });
  },
};
