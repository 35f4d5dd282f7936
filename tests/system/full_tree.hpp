// A tree with everything that `--attrs full` records, and a second version of it.
#pragma once

#include <string>

#include "system/outside_oracle.hpp"

namespace cowstore::test {

/// An extended attribute's value as large as the file system takes easily: larger than what stands in the attributes
/// themselves, where it can be.
inline std::size_t large_value_bytes(const std::string& filesystem) {
  return filesystem == "ext4" ? 2500 : filesystem == "btrfs" ? 12000 : 60000;
}

/// Needs root.
inline void make_full_tree(const std::string& root, const std::string& filesystem) {
  const std::string large = "LARGE=" + std::to_string(large_value_bytes(filesystem));
  run_shell(root, large + R"sh(
    mkdir -p dir/below shared sticky
    echo one > plain; chown 11:12 plain; chmod 0640 plain
    echo tool > dir/tool; chmod 4755 dir/tool
    echo other > dir/other; chown 21:22 dir/other; chmod 6751 dir/other
    echo net > dir/net; chown 7:8 dir/net; chmod 0755 dir/net; setcap cap_net_bind_service+ep dir/net
    chown 31:32 shared; chmod 2775 shared; chmod 1777 sticky
    setfacl -d -m u:1234:rwx shared
    echo acl > dir/acl; setfacl -m u:1234:rw,g:77:r dir/acl
    echo x > dir/below/attributes
    setfattr -n user.comment -v "some text" dir/below/attributes
    setfattr -n user.binary -v 0x00ff0a dir/below/attributes
    setfattr -n user.empty dir/below/attributes
    setfattr -n trusted.secret -v hidden dir/below/attributes
    echo r > readonly; setfattr -n user.note -v n readonly; chmod 0444 readonly
    setfattr -n user.of_directory -v d dir/below
    ln -s plain link; chown -h 41:42 link; setfattr -h -n trusted.of_link -v l link
    head -c 20000 /dev/urandom > linked; ln linked dir/linked; ln linked dir/below/linked
    ln -s nowhere twice; ln twice dir/twice
    mkfifo -m 0620 fifo; chown 51:52 fifo
    python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"socket\")"
    mknod -m 0604 dir/null c 1 3; mknod -m 0660 dir/disk b 259 70000
    touch -h -d "2001-02-03 04:05:06.123456789" plain link fifo dir/null dir/net
    echo large > large; setfattr -n user.large -v "$(head -c $LARGE /dev/zero | tr "\0" v)" large
  )sh");
}

/// Attributes alone in some places, content and kind in others.
inline void edit_full_tree(const std::string& root) {
  run_shell(root, R"(
    chown 13:14 plain
    chmod 0755 dir/tool
    setcap -r dir/net
    setcap cap_chown+p dir/other
    setfacl -x u:1234 dir/acl
    setfacl -k shared
    setfattr -n user.comment -v "other text" dir/below/attributes
    setfattr -x user.binary dir/below/attributes
    setfattr -x trusted.secret dir/below/attributes
    setfattr -x user.of_directory dir/below
    chown -h 43:44 link
    chmod 0444 plain
    echo changed > linked
    rm fifo; mknod fifo c 5 6
    rm socket; echo file > socket
    rm dir/disk; mknod dir/disk b 7 8
    rm dir/null
    mkfifo dir/new_fifo
    rm large
  )");
}

}  // namespace cowstore::test
