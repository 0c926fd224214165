"""Asks for the user name and password of a proxy. A delivery wants it, not the person: so it appears without
taking the keyboard focus, and takes it only when it is clicked or opened by hand."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from snapper.delivery.route import Login
from snapper.language import _, together
from snapper.ui.look import (
    Badge,
    Banner,
    badge_color,
    chain_tabs,
    emphasize,
    icon,
    plain_label,
    screen_for,
)
from snapper.ui.rooms import Scrolling
from snapper.ui.spoken import without_letter

_LETTERS_WIDE = 68
_WHY = _(
    "It wants a user name and a password before it lets your report out of this network. The report is kept "
    "until then."
)
_WHOSE = _(
    "This is the sign-in of your company's network, often the one of your computer. It is not your TWS or "
    "IBKR login: do not enter that here. If you have none, choose Later and ask your IT department."
)
_WRONG = _(
    "The proxy did not accept the last user name and password. Check them, and Caps Lock: a few wrong ones "
    "may lock your account."
)
_LOOKING = _("Looking for a keyring…")
_NOT_KEPT = _("The login is forgotten when snapper ends.")


class ProxyLoginWindow(QWidget):
    """One question for one proxy; the answer goes out as a signal, and nothing of it stays here."""

    signed_in = Signal(str, Login, bool)  # the proxy, the login, whether to keep it in the keyring
    later = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Window | Qt.WindowType.WindowStaysOnTopHint)
        self.setWindowTitle(_("Sign in to the proxy – snapper"))
        self.setWindowIcon(icon())
        self._address = ""
        self._make_parts()
        self._lay_out()
        QShortcut(QKeySequence("Esc"), self).activated.connect(self.close)

    @property
    def address(self) -> str:
        """The proxy it asks about now; “” while it is closed."""
        return self._address

    def ask(self, address: str, user: str = "", *, wrong: bool = False, asked_for: bool = False) -> None:
        """Show the question about a proxy. `user` is filled in, `wrong` says that the last login was refused;
        only when a person `asked_for` it does it take the keyboard focus."""
        self._address = address
        self._title.setText(_("Sign in to the proxy {address}").format(address=address))
        self._wrong.say(_WRONG if wrong else "")
        self._user.setText(user)
        self._password.clear()
        self.set_keyring(None)
        (self._password if user else self._user).setFocus()
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not asked_for)
        self._fit()
        self.show()
        self.raise_()
        if asked_for:
            self.activateWindow()

    def set_keyring(self, problem: str | None) -> None:
        """Whether the login can be kept: “” for yes, else the reason why not; None while it is not known."""
        usable = problem == ""
        self._keep.setEnabled(usable)
        self._keep.setChecked(usable)
        said = "" if usable else together((problem, _NOT_KEPT)) if problem else _LOOKING
        self._reason.setText(said)
        self._reason.setVisible(bool(said))
        self._keep.setAccessibleDescription(said)
        self._fit()

    def withdraw(self) -> None:
        """Close without an answer: it is not needed any more."""
        self._address = ""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing means later, unless it was answered."""
        address, self._address = self._address, ""
        self._password.clear()
        if address:
            self.later.emit(address)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on from wherever it is pressed."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif self._later.hasFocus():
            self.close()
        elif self._user.hasFocus() and not self._password.text():
            self._password.setFocus()
        else:
            self._submit()

    # --- how ----------------------------------------------------------------------------------------------

    def _submit(self) -> None:
        if not self._sign_in.isEnabled():
            return
        address, self._address = self._address, ""
        login = Login(self._user.text().strip(), self._password.text())
        keep = self._keep.isChecked()
        self.close()
        self.signed_in.emit(address, login, keep)

    def _fit(self) -> None:
        """At the top right: receipts have the bottom."""
        space = screen_for(None).availableGeometry().adjusted(16, 40, -16, -16)  # room for the title bar
        width = min(self.fontMetrics().averageCharWidth() * _LETTERS_WIDE, space.width())
        margins = self._rows.contentsMargins()
        inside = width - margins.left() - margins.right()
        beside = margins.top() + margins.bottom() + self._rows.spacing() + self._sign_in.sizeHint().height()
        height = self._scrolled.height_for(inside) + beside
        self.resize(width, min(height, space.height()))
        self.move(space.right() - width, space.top())

    # --- parts --------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self._title = plain_label(scale=1.1, bold=True)
        self._why = plain_label(_WHY)
        self._wrong = Banner(badge_color(Badge.ATTENTION))
        self._sign_in = QPushButton(_("&Sign in"))
        self._sign_in.setAccessibleName(without_letter(self._sign_in.text()))
        self._sign_in.setEnabled(False)
        self._sign_in.clicked.connect(lambda: self._submit())
        emphasize(self._sign_in)
        self._user = QLineEdit()
        self._user.setAccessibleName(_("User name for the proxy"))
        self._user.textChanged.connect(lambda text: self._sign_in.setEnabled(bool(text.strip())))
        self._password = QLineEdit()
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setAccessibleName(_("Password for the proxy"))
        self._keep = QCheckBox(_("&Keep it in this computer's keyring"))
        self._keep.setAccessibleName(without_letter(self._keep.text()))
        self._reason = plain_label()
        self._whose = plain_label(_WHOSE)
        self._later = QPushButton(_("&Later"))
        self._later.setAccessibleName(without_letter(self._later.text()))
        self._later.clicked.connect(lambda: self.close())

    def _lay_out(self) -> None:
        fields = QGridLayout()
        named = ((_("&User name:"), self._user), (_("&Password:"), self._password))
        for row, (text, field) in enumerate(named):
            label = QLabel(text)
            label.setBuddy(field)
            fields.addWidget(label, row, 0)
            fields.addWidget(field, row, 1)
        fields.addWidget(self._keep, 2, 1)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self._sign_in)
        buttons.addWidget(self._later)
        rows = QVBoxLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(10)
        for part in (self._title, self._why, self._wrong):
            rows.addWidget(part)
        rows.addLayout(fields)
        rows.addWidget(self._reason)
        rows.addWidget(self._whose)
        body = QWidget()
        body.setLayout(rows)
        self._scrolled = Scrolling(body)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(18, 14, 18, 14)
        self._rows.addWidget(self._scrolled, 1)
        self._rows.addLayout(buttons)
        chain_tabs((self._user, self._password, self._keep, self._sign_in, self._later))
