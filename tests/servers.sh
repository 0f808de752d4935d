#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Unpacks Debian's own server packages into a folder instead of installing them: nothing gets a
# service, a user or a port of its own. What a server needs beyond the C library and is not
# installed is unpacked beside it.
#
#   tests/servers.sh FOLDER prometheus|alertmanager|blackbox|nginx|plugins...
#
# Leaves FOLDER/bin/prometheus, promtool, alertmanager, blackbox and nginx: small wrappers, ready to
# run; and the monitoring plugins as FOLDER/monitoring-plugins-basic/usr/lib/nagios/plugins. What is
# already there and answers to its version question is left alone.
set -euo pipefail

folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
sudo=()
if [ "$(id -u)" != 0 ]; then
    sudo=(sudo)
fi

# The package archives of the named packages, in $folder/archive. As root, apt drops to a user of
# its own that may not write here: it says so and goes on, and the sandbox is of no use for a
# download that is checked against the signed list anyway.
fetch() {
    mkdir -p "$folder/archive"
    cd "$folder/archive"
    apt-get -o APT::Sandbox::User=root -qq download "$@" || {
        "${sudo[@]}" apt-get -qq update
        apt-get -o APT::Sandbox::User=root -qq download "$@"
    }
}

installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# unpack NAME LIBRARY...: the package NAME, and those of its libraries that are not installed.
unpack() {
    local name=$1 archive
    shift
    local wanted=("$name")
    for library in "$@"; do
        installed "$library" || wanted+=("$library")
    done
    rm -rf "$folder/$name" "$folder/archive"
    (fetch "${wanted[@]}")
    for archive in "$folder"/archive/*.deb; do
        dpkg -x "$archive" "$folder/$name"
    done
    rm -rf "$folder/archive"
}

# wrap PROGRAM PACKAGE PATH: a command in $folder/bin that finds the libraries unpacked beside it.
wrap() {
    local triplet
    triplet=$(gcc -print-multiarch)
    mkdir -p "$folder/bin"
    cat >"$folder/bin/$1" <<END
#!/bin/sh
LD_LIBRARY_PATH="$folder/$2/usr/lib/$triplet:$folder/$2/lib/$triplet\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH
exec "$folder/$2/$3" "\$@"
END
    chmod 755 "$folder/bin/$1"
}

answers() {
    [ -x "$folder/bin/$1" ] && "$folder/bin/$1" "$2" >/dev/null 2>&1
}

for server in "$@"; do
    case $server in
    prometheus)
        answers prometheus --version && answers promtool --version && continue
        unpack prometheus
        wrap prometheus prometheus usr/bin/prometheus
        wrap promtool prometheus usr/bin/promtool
        "$folder/bin/prometheus" --version
        "$folder/bin/promtool" --version
        ;;
    alertmanager)
        answers alertmanager --version && continue
        unpack prometheus-alertmanager
        # Debian's has the place of its templates compiled in: one of the same length, relative to
        # where it is unpacked.
        LC_ALL=C sed -i 's|/usr/share/prometheus/alertmanager|usr/share/prometheus/alertmanager/|g' \
            "$folder/prometheus-alertmanager/usr/bin/prometheus-alertmanager"
        wrap alertmanager prometheus-alertmanager usr/bin/prometheus-alertmanager
        sed -i "s|^exec|cd \"$folder/prometheus-alertmanager\" \&\& exec|" "$folder/bin/alertmanager"
        "$folder/bin/alertmanager" --version
        ;;
    blackbox)
        answers blackbox --version && continue
        unpack prometheus-blackbox-exporter
        wrap blackbox prometheus-blackbox-exporter usr/bin/prometheus-blackbox-exporter
        "$folder/bin/blackbox" --version
        ;;
    nginx)
        answers nginx -v && continue
        unpack nginx libcrypt1 libpcre2-8-0 libssl3 zlib1g
        wrap nginx nginx usr/sbin/nginx
        "$folder/bin/nginx" -v
        ;;
    plugins)
        plugins=$folder/monitoring-plugins-basic/usr/lib/nagios/plugins
        # They end with 3 after it.
        { "$plugins/check_http" -V || true; } 2>/dev/null | grep -q ^check_http && continue
        unpack monitoring-plugins-basic libssl3
        { "$plugins/check_http" -V || true; } | grep ^check_http
        ;;
    *)
        echo "servers.sh: no server is called '$server'" >&2
        exit 64
        ;;
    esac
done
