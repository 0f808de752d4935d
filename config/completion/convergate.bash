# SPDX-License-Identifier: Apache-2.0
# Completion in bash for convergate and convergated. Commands and options are asked of the programs
# themselves (--help), and environments and gates of the daemon, so nothing here gets out of date.

# Options, and the word that stands for the value of one: "--config FILE".
_convergate_options() {
    "$1" --help 2>/dev/null | awk '/^ +-/ {
        sub(/^ +/, "")
        sub(/  .*/, "") # what it is for
        for (i = 1; i <= NF; i++) if ($i ~ /^-/) { sub(/,$/, "", $i); print $i }
    }'
}

_convergate_value() {
    "$1" --help 2>/dev/null | awk -v option="$2" '/^ +-/ {
        found = 0
        for (i = 1; i <= NF; i++) {
            word = $i
            sub(/,$/, "", word)
            if (word == option) found = 1
            else if (found && word !~ /^-/) { if (word ~ /^[A-Z]+$/) print word; exit }
        }
    }'
}

_convergate_commands() {
    "$1" --help 2>/dev/null |
        awk '$1 == "convergate" && $2 ~ /^[a-z]+$/ && !seen[$2]++ { print $2 }'
}

# Second words: "audit head".
_convergate_actions() {
    "$1" --help 2>/dev/null |
        awk -v command="$2" '$1 == "convergate" && $2 == command && $3 ~ /^[a-z]+$/ { print $3 }'
}

# Whether the command's line in --help has this word in it: ENV, CHECK.
_convergate_takes() {
    "$1" --help 2>/dev/null | grep -qE "^ +convergate $2 .*\b$3\b"
}

# Lines of `convergate status`: the name, the phase, "2 of 3", and "GATE = VERDICT, ..."; or, of the
# environment that is named, its checks: the name, the status, the plane.
# Server and credentials are those that the command line names.
_convergate_status() {
    local program=$1 environment=$2 option i how=()
    shift 2
    for ((i = 1; i <= $#; i++)); do
        case ${!i} in
        -s | --server | --token-file | --ca | --cert | --key)
            option=${!i}
            ((i++))
            how+=("$option" "${!i:-}")
            ;;
        --server=* | --token-file=* | --ca=* | --cert=* | --key=*) how+=("${!i}") ;;
        esac
    done
    timeout 2 "$program" status ${environment:+"$environment"} "${how[@]}" 2>/dev/null </dev/null
}

_convergate() {
    local words cur="" prev="" program=$1 command="" environment="" check="" value i candidates=""
    COMPREPLY=()
    # COMP_WORDS has URLs in pieces.
    read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
    if [[ ${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]]; then
        cur=${words[-1]}
        unset 'words[-1]'
    fi
    [ ${#words[@]} = 0 ] && return
    prev=${words[-1]}
    if [[ $cur == --*=* ]]; then
        prev=${cur%%=*}
        cur=${cur#*=}
    fi
    for ((i = 1; i < ${#words[@]}; i++)); do
        if [[ ${words[i]} == -* ]]; then
            if [[ ${words[i]} != *=* && -n $(_convergate_value "$program" "${words[i]}") ]]; then
                ((i++))
            fi
        elif [ -z "$command" ]; then
            command=${words[i]}
        elif [ -z "$environment" ]; then
            environment=${words[i]}
        elif [ -z "$check" ]; then
            check=${words[i]}
        fi
    done

    value=""
    [[ $prev == -* ]] && value=$(_convergate_value "$program" "$prev")
    [[ $command == init && $value == FORM ]] && value=FILE # its --output
    case $value in
    FILE | PLACE)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        compopt -o filenames 2>/dev/null
        return
        ;;
    DIR)
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        compopt -o filenames 2>/dev/null
        return
        ;;
    FORM) candidates="text json" ;;
    LEVEL) candidates="error warning info debug" ;;
    KIND) candidates="start status phase verdict source configuration gap" ;;
    VERDICT) candidates="go wait halt rollback" ;;
    ENV) candidates=$(_convergate_status "$program" "" "${words[@]}" | awk '{ print $1 }') ;;
    MODULE) candidates=$("$program" --describe "" 2>&1 | sed -n 's/.*there are://p') ;;
    "")
        if [[ $cur == -* ]]; then
            candidates=$(_convergate_options "$program")
        elif [ "${program##*/}" = convergated ]; then
            candidates=""
        elif [ -z "$command" ]; then
            candidates=$(_convergate_commands "$program")
        elif [ -z "$environment" ] && _convergate_takes "$program" "$command" ENV; then
            candidates=$(_convergate_status "$program" "" "${words[@]}" | awk '{ print $1 }')
        elif [ -z "$environment" ]; then
            candidates=$(_convergate_actions "$program" "$command")
        elif [ -z "$check" ] && _convergate_takes "$program" "$command" CHECK; then
            candidates=$(_convergate_status "$program" "$environment" "${words[@]}" |
                awk '$3 ~ /^(declared|observed)$/ { print $1 }')
        elif [ -z "$check" ] &&
            _convergate_takes "$program" "$command $environment" "(TO|FROM)"; then
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            compopt -o filenames 2>/dev/null
            return
        fi
        ;;
    *)
        if [[ $prev == -g || $prev == --gate ]]; then
            candidates=$(_convergate_status "$program" "" "${words[@]}" |
                awk -v of="$environment" 'of == "" || $1 == of { for (i = 6; i <= NF; i += 3) print $i }')
        fi
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$cur")
}

complete -F _convergate convergate convergated
