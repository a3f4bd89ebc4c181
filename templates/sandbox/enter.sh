# Runs as the first program in namespaces of its own (see `unshare`): makes a root that holds nothing but the system, a
# folder to work in and what else it is told, goes there for good, gives up every right, and becomes a program.
#
#   enter.sh <root> <work> <sockets or -> <node> [<folder to read> …] -- <program> [<argument> …]
set -eu
root=$1
work=$2
sockets=$3
node=$4
shift 4

mount --make-rprivate /
mount -t tmpfs -o mode=0755,size=16m,nosuid,nodev tmpfs "$root"

# Read-only, the mounts below it as well.
show() {
  mkdir -p "$root$2"
  mount --bind "$1" "$root$2"
  mount -o remount,bind,ro,nosuid,nodev "$root$2"
}

for folder in bin sbin lib lib32 lib64 usr; do
  if [ -L "/$folder" ]; then
    cp -P "/$folder" "$root/$folder"
  elif [ -d "/$folder" ]; then
    show "/$folder" "/$folder"
  fi
done
# Before the folders to read: they may lie below it.
mkdir -p "$root/tmp"
mount -t tmpfs -o mode=1777,size=256m,nosuid,nodev tmpfs "$root/tmp"
while [ "$1" != -- ]; do
  show "$1" "$1"
  shift
done
shift
if [ "$sockets" != - ]; then show "$sockets" /run/postgresql; fi

mkdir -p "$root/proc" "$root/dev" "$root/etc" "$root/project"
touch "$root/node"
mount --bind "$node" "$root/node"
mount -o remount,bind,ro,nosuid,nodev "$root/node"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
for device in null zero random urandom; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
printf 'nobody:x:65534:65534::/tmp:/bin/sh\n' >"$root/etc/passwd"
mount --bind "$work" "$root/project"
mount -o remount,bind,nosuid,nodev "$root/project"
ip link set lo up

cd "$root"
mkdir old
pivot_root . old
umount -l /old
rmdir /old
mount -o remount,bind,ro,nosuid,nodev /
cd /project
exec "$@"
