#!/usr/bin/env bash
# Installs what motcua needs and does not find. Used by the Makefile:
#
#   scripts/setup.sh run     to build and run
#   scripts/setup.sh test    to run the tests too
#
# On Debian and Ubuntu, as root or with sudo, it installs packages; elsewhere it
# says what to install and ends with 1. What is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-run}

say() { printf 'setup: %s\n' "$*" >&2; }

have() { command -v "$1" >/dev/null 2>&1; }

# PostgreSQL's server programs, in the places where motcua looks for them.
have_postgres() {
    have initdb && have postgres && return
    local pattern
    for pattern in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin; do
        [ -x "$pattern/initdb" ] && return
    done
    return 1
}

# Asked by linking, because that is what the build will do.
have_libpq() {
    local program
    program=$(mktemp)
    if echo 'int main(void) { return 0; }' | cc -x c - -lpq -o "$program" 2>/dev/null; then
        rm -f "$program"
        return
    fi
    rm -f "$program"
    have pg_config && ls "$(pg_config --libdir)"/libpq.* >/dev/null 2>&1
}

have_clamd() { have clamd || [ -x /usr/sbin/clamd ] || [ -x target/clamav/usr/sbin/clamd ]; }

have_venv() { have python3 && python3 -c 'import venv, ensurepip' 2>/dev/null; }

missing=()
have cc || missing+=(gcc libc6-dev)
have_libpq || missing+=(libpq-dev)
have_postgres || missing+=(postgresql)
if [ "$purpose" = test ]; then
    have_venv || missing+=(python3 python3-venv)
    # The walk through the API of the README is run as it stands there.
    have curl || missing+=(curl)
    have node || missing+=(nodejs)
    have npm || missing+=(npm)
    # Judges of signed documents.
    have openssl || missing+=(openssl)
    have certutil || missing+=(libnss3-tools)
    # Judges of documents: poppler's text and pictures, PDFBox's validator of PDF/A.
    have pdftotext || missing+=(poppler-utils)
    have java || missing+=(default-jre-headless)
    for jar in pdfbox2:libpdfbox2-java commons-io:libcommons-io-java javax.activation:libactivation-java \
        jaxb-api:libjaxb-api-java; do
        have apt-get && [ ! -e "/usr/share/java/${jar%%:*}.jar" ] && missing+=("${jar##*:}")
    done
    # Debian's package would start a daemon for good; see below.
    have_clamd || have apt-get || missing+=(clamav-daemon)
    # Recognises the characters of scans, in Vietnamese.
    have tesseract || missing+=(tesseract-ocr)
    have tesseract && tesseract --list-langs 2>/dev/null | grep -qx vie || missing+=(tesseract-ocr-vie)
    # A font with all Vietnamese letters, for the scans that a judge draws.
    [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core)
fi

# A package that installs a server would also create and start a database of its
# own; motcua starts one itself and needs none.
without_main_cluster() {
    local setting=/etc/postgresql-common/createcluster.d/motcua.conf
    $sudo mkdir -p "$(dirname "$setting")"
    echo 'create_main_cluster = false' | $sudo tee "$setting" >/dev/null
    local code=0
    "$@" || code=$?
    $sudo rm -f "$setting"
    return "$code"
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get install -y --no-install-recommends "$@"
}

if [ ${#missing[@]} -gt 0 ]; then
    sudo=
    if [ "$(id -u)" -ne 0 ]; then sudo='sudo -E'; fi
    if ! have apt-get || { [ -n "$sudo" ] && ! have sudo; }; then
        say "please install these (names of Debian's packages): ${missing[*]}"
        say "on macOS: xcode-select --install; brew install postgresql@16 libpq python"
        exit 1
    fi
    say "installing ${missing[*]}"
    if ! without_main_cluster install_packages "${missing[@]}"; then
        say "once more, with fresh package lists"
        $sudo apt-get update
        without_main_cluster install_packages "${missing[@]}"
    fi
fi

if ! have cargo; then
    say "please install a Rust toolchain of version $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or newer (rustup.rs)"
    exit 1
fi

# The virus scanner: its library is installed, its program only unpacked. The package itself
# would start a daemon, and another one that fetches signatures.
unpack_clamd() {
    local library folder
    library=$(apt-cache depends clamav-daemon | sed -n 's/^ *Depends: \(libclamav[0-9]*\)$/\1/p')
    folder=$(mktemp -d)
    mkdir -p target/clamav
    [ -n "$library" ] && install_packages "$library" \
        && (cd "$folder" && apt-get download --quiet clamav-daemon) \
        && dpkg -x "$folder"/clamav-daemon_*.deb target/clamav
}
if [ "$purpose" = test ] && ! have_clamd; then
    say "installing ClamAV's library, and unpacking its daemon into target/clamav"
    sudo=
    if [ "$(id -u)" -ne 0 ]; then sudo='sudo -E'; fi
    if ! unpack_clamd; then
        say "once more, with fresh package lists"
        $sudo apt-get update
        unpack_clamd
    fi
fi

# Programs that judge motcua from outside, in an environment of their own.
if [ "$purpose" = test ]; then
    venv=target/venv wanted=tests/judges/requirements.txt
    if ! cmp -s "$wanted" "$venv/installed.txt"; then
        say "installing the judges of $wanted into $venv"
        mkdir -p target
        python3 -m venv --clear "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$wanted"
        cp "$wanted" "$venv/installed.txt"
    fi
    modules=target/judges wanted=tests/judges/package.json
    if ! cmp -s "$wanted" "$modules/installed.json"; then
        say "installing the judges of $wanted into $modules"
        mkdir -p "$modules"
        cp "$wanted" "$modules/package.json"
        npm install --prefix "$modules" --no-fund --no-audit --silent
        cp "$wanted" "$modules/installed.json"
    fi
fi
