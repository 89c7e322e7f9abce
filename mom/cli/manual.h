/* The parts of the manual pages that tables know, in scdoc's markup, on stdout. The build puts them
 * into man/NAME.scd. */
#ifndef MOM_CLI_MANUAL_H
#define MOM_CLI_MANUAL_H

/* "verbs": of momctl(1); "settings": of mom.yaml(5). An exit code of cli.h. */
int manual_write(const char *part);

#endif
