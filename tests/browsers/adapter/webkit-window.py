#!/usr/bin/python3
"""A WebKitGTK browser that WebKitWebDriver controls, with a profile on disk: MiniBrowser keeps nothing while automated.

Takes the folder of the profile, or `private`. Tabs are pages of a notebook: the one that was opened last is shown.
"""

import signal
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import GLib, Gtk, WebKit2  # noqa: E402

PROFILE = sys.argv[1]


def data_manager():
    if PROFILE == "private":
        return WebKit2.WebsiteDataManager.new_ephemeral()
    return WebKit2.WebsiteDataManager(
        base_data_directory=PROFILE + "/data", base_cache_directory=PROFILE + "/cache"
    )


context = WebKit2.WebContext.new_with_website_data_manager(data_manager())
context.set_automation_allowed(True)
notebooks = []


def open_window():
    window = Gtk.Window()
    window.set_default_size(1024, 768)
    notebook = Gtk.Notebook()
    window.add(notebook)
    notebooks.append(notebook)
    window.show_all()
    return notebook


def add_view(notebook):
    view = WebKit2.WebView(web_context=context, is_controlled_by_automation=True)
    view.connect("close", close_view)
    notebook.append_page(view, None)
    notebook.show_all()
    notebook.set_current_page(-1)
    return view


def close_view(view):
    notebook = view.get_parent()
    view.destroy()
    if notebook.get_n_pages() == 0:
        notebooks.remove(notebook)
        notebook.get_toplevel().destroy()


def on_tab(_session):
    return add_view(notebooks[0] if notebooks else open_window())


def on_window(_session):
    return add_view(open_window())


def on_started(_context, session):
    info = WebKit2.ApplicationInfo()
    info.set_name("holdfast-window")
    info.set_version(WebKit2.MAJOR_VERSION, WebKit2.MINOR_VERSION, WebKit2.MICRO_VERSION)
    session.set_application_info(info)
    session.connect("create-web-view::tab", on_tab)
    session.connect("create-web-view::window", on_window)


context.connect("automation-started", on_started)
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, Gtk.main_quit)
Gtk.main()
