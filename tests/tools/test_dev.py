"""What ./dev leaves behind on the machine whose packages it installs."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

DEV = pathlib.Path(__file__).resolve().parents[2] / "dev"
FILES = {
    "proxy": ["/usr/sbin/proxy", "/etc/init.d/proxy", "/lib/systemd/system/proxy.service"],
    "web": ["/usr/lib/systemd/system/web.service", "/usr/lib/systemd/system/web-admin.service",
            "/lib/systemd/system/multi-user.target.wants", "/lib/systemd/system/web@.service"],
    "door": ["/etc/init.d", "/etc/init.d/ssh", "/lib/systemd/system/ssh.socket",
             "/lib/systemd/system/rescue-ssh.target"],
    "pages": ["/lib/systemd/system/pages.timer", "/lib/systemd/system/pages.service"],
    "library": ["/usr/lib/x86_64-linux-gnu/liblibrary.so.1", "/usr/share/doc/library/copyright"],
    "systemd": ["/lib/systemd/system/getty.service"],
    "dbus-daemon": ["/etc/init.d/dbus"],
}
FAKE = """#!/bin/sh
if [ "${0##*/}" = dpkg-query ]; then cat "$FILES_OF/$2"; exit; fi
case $0 in
  *-helper) : "${DPKG_MAINTSCRIPT_PACKAGE:?it wants to be called by dpkg}" ;;
esac
echo "${0##*/} $*" >> "$CALLS"
"""


class Services(unittest.TestCase):
    def disabled(self, *packages):
        """What is called for these packages, by the function of ./dev itself."""
        function = re.search(r"(?ms)^leave_services_off\(\) \{.*?^\}", DEV.read_text())[0]
        with tempfile.TemporaryDirectory(prefix="esclusa-") as name:
            folder = pathlib.Path(name)
            for package, files in FILES.items():
                (folder / package).write_text("".join(f"{file}\n" for file in files))
            for program in ("dpkg-query", "update-rc.d", "deb-systemd-helper"):
                (folder / "bin").mkdir(exist_ok=True)
                (folder / "bin" / program).write_text(FAKE)
                (folder / "bin" / program).chmod(0o755)
            calls = folder / "calls"
            calls.touch()
            subprocess.run(["bash", "-euo", "pipefail", "-c",
                            f"{function}; leave_services_off \"$@\"", "dev", *packages], check=True,
                           env={**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}",
                                "FILES_OF": name, "CALLS": str(calls)})
            return calls.read_text().splitlines()

    def test_no_package_that_is_installed_for_tests_starts_anything_at_boot(self):
        self.assertEqual(
            ["update-rc.d proxy disable", "deb-systemd-helper disable proxy.service",
             "deb-systemd-helper disable web.service",
             "deb-systemd-helper disable web-admin.service", "update-rc.d ssh disable",
             "deb-systemd-helper disable ssh.socket", "deb-systemd-helper disable pages.timer",
             "deb-systemd-helper disable pages.service"],
            self.disabled("library", "proxy", "web", "door", "pages"))

    def test_systemd_itself_is_left_alone(self):
        self.assertEqual([], self.disabled("systemd", "dbus-daemon"))

    def test_all_packages_are_installed_in_the_same_way(self):
        function = re.search(r"(?ms)^install_as_root\(\) \{.*?^\}", DEV.read_text())[0]
        self.assertIn('\n  leave_services_off "${new[@]}"\n', function)
        self.assertIn("declare -f install_as_root leave_services_off)", DEV.read_text())


if __name__ == "__main__":
    unittest.main()
