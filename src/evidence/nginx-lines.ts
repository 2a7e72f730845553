/** What the rules about single lines of nginx's files share. */

/** The effect of everything that nginx refuses. */
export const nginxDown = "nginx does not start, and a reload keeps the old configuration";

/** What would settle a report about a file that nothing in the tree includes. */
export const unreadContext = "It is settled once it is known that nginx reads this file as it is.";
