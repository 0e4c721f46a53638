/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "completion.h"

#include <stdio.h>
#include <string.h>

#include "burn_table.h"
#include "request.h"

bool completion_print(int argc, char **argv)
{
	struct cli_tool burn = burn_tool, mastering = isowrite_tool;

	if (argc != 2 || strcmp(argv[1], "--completion=bash") != 0)
		return false;
	mastering.name = "isowrite";
	burn.name = "isowrite-burn";	/* no such command is there; it names the function */
	cli_print_completion(&mastering, stdout);
	cli_print_completion(&burn, stdout);
	printf("_isowrite_line()\n{\n"
	       "\tlocal word burns= words\n"
	       "\tfor word in \"${COMP_WORDS[@]}\"; do\n"
	       "\t\tcase $word in dev|dev=*) burns=1 ;; esac\n"
	       "\tdone\n"
	       "\tif [ -z \"$burns\" ]; then\n"
	       "\t\t_isowrite\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\t_isowrite_burn\n"
	       /* the options of mastering are for directories that are burned, too */
	       "\tcase ${COMP_WORDS[COMP_CWORD]} in\n"
	       "\t-*)\n"
	       "\t\twords=(\"${COMPREPLY[@]}\")\n"
	       "\t\t_isowrite\n"
	       "\t\tCOMPREPLY+=(\"${words[@]}\") ;;\n"
	       "\tesac\n}\n"
	       "complete -F _isowrite_line isowrite\n"
	       "case ${BASH_SOURCE[0]##*/} in\n"
	       "mkisofs|genisoimage) complete -F _isowrite \"${BASH_SOURCE[0]##*/}\" ;;\n"
	       "cdrecord|wodim|dvdrecord) complete -F _isowrite_burn \"${BASH_SOURCE[0]##*/}\" ;;\n"
	       "esac\n");
	return true;
}
