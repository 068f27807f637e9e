"""What rows Microsoft Defender XDR would hold of an event of Windows.

Written from Microsoft's reference of the tables, column first, and not from the schema of the compiler: where the two
disagree, one of them has misread the reference. An event that Defender does not record has no row.
"""

import json
import re

HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKU": "HKEY_USERS",
    "HKCU": "HKEY_CURRENT_USER",
    "HKCR": r"HKEY_LOCAL_MACHINE\SOFTWARE\Classes",
}
LOGON_TYPES = {
    2: "Interactive", 3: "Network", 4: "Batch", 5: "Service", 7: "Unlock", 8: "NetworkCleartext", 9: "NewCredentials",
    10: "RemoteInteractive", 11: "CachedInteractive", 12: "CachedRemoteInteractive", 13: "CachedUnlock",
}


def text(value):
    """A value as a string column holds it: a missing one is empty."""
    if value is None or value == "-":
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


def number(value):
    """A value as a number column holds it, hexadecimal text too; None where it is no number."""
    try:
        return value if isinstance(value, int) else int(value, 0)
    except (TypeError, ValueError):
        return None


def flat(event):
    """Channel, provider, number and fields of an event, however it is nested."""
    event = event.get("Event", event)
    out = {key: value for key, value in event.items() if not isinstance(value, dict)}
    system = event.get("System", {})
    if system:
        out.update({key: value for key, value in system.items() if not isinstance(value, dict)})
        provider = system.get("Provider", {})
        out["Provider_Name"] = provider.get("Name", provider.get("#attributes", {}).get("Name"))
        if isinstance(system.get("EventID"), dict):
            out["EventID"] = system["EventID"].get("#text", system["EventID"].get("Value"))
    winlog = event.get("winlog", {})
    if winlog:
        out.update(Channel=winlog.get("channel"), EventID=winlog.get("event_id"), Provider_Name=winlog.get("provider_name"))
        out.update(winlog.get("event_data", {}))
    data = event.get("EventData")
    if isinstance(data, dict):
        out.update({key: value for key, value in data.items() if key != "#attributes"})
    if isinstance(event.get("UserData"), dict):
        for part in event["UserData"].values():
            out.update({k: v for k, v in part.items() if k != "#attributes"} if isinstance(part, dict) else {})
    out["EventID"] = number(out.get("EventID"))
    return out


def basename(path):
    return re.split(r"[\\/]", text(path))[-1]


def account(prefix, name):
    """`DOMAIN\\user` in the two columns, in lower case as Defender writes them."""
    domain, _, user = text(name).rpartition("\\")
    return {prefix + "AccountDomain": domain.lower(), prefix + "AccountName": user.lower()}


def hashes(e):
    """Sysmon's `MD5=..,SHA256=..` in a column each."""
    found = dict(part.split("=", 1) for part in text(e.get("Hashes")).split(",") if "=" in part)
    names = {key.upper(): value for key, value in found.items()}
    return {key: names.get(key, "").lower() for key in ("MD5", "SHA1", "SHA256")}


def actor(e, prefix=""):
    """The acting process of an event of Sysmon."""
    return {
        "InitiatingProcessFolderPath": text(e.get(prefix + "Image")).lower(),
        "InitiatingProcessFileName": basename(e.get(prefix + "Image")),
        "InitiatingProcessCommandLine": text(e.get(prefix + "CommandLine")),
        "InitiatingProcessId": number(e.get(prefix + "ProcessId")),
        "InitiatingProcessIntegrityLevel": text(e.get(prefix + "IntegrityLevel")),
        **account("InitiatingProcess", e.get(prefix + "User")),
    }


def process(e):
    parent = actor(e, "Parent")
    return {
        **parent, **hashes(e), **account("", e.get("User")),
        "FolderPath": text(e.get("Image")), "FileName": basename(e.get("Image")),
        "ProcessCommandLine": text(e.get("CommandLine")), "ProcessId": number(e.get("ProcessId")),
        "ProcessIntegrityLevel": text(e.get("IntegrityLevel")), "LogonId": number(e.get("LogonId")),
        "CreatedProcessSessionId": number(e.get("TerminalSessionId")),
        "ProcessVersionInfoOriginalFileName": text(e.get("OriginalFileName")),
        "ProcessVersionInfoFileDescription": text(e.get("Description")),
        "ProcessVersionInfoProductName": text(e.get("Product")),
        "ProcessVersionInfoCompanyName": text(e.get("Company")),
    }


def audited_process(e):
    """Security 4688: the same row that the sensor writes of the process."""
    return {
        "FolderPath": text(e.get("NewProcessName")), "FileName": basename(e.get("NewProcessName")),
        "ProcessCommandLine": text(e.get("CommandLine")), "ProcessId": number(e.get("NewProcessId")),
        "InitiatingProcessFolderPath": text(e.get("ParentProcessName")).lower(),
        "InitiatingProcessId": number(e.get("ProcessId")),
        "InitiatingProcessLogonId": number(e.get("SubjectLogonId")),
        **subject(e),
    }


def subject(e):
    return {
        "InitiatingProcessAccountName": text(e.get("SubjectUserName")).lower(),
        "InitiatingProcessAccountDomain": text(e.get("SubjectDomainName")).lower(),
        "InitiatingProcessAccountSid": text(e.get("SubjectUserSid")),
    }


def connection(e):
    """Local is this device, whichever end opened the connection."""
    inbound = text(e.get("Initiated")).lower() == "false"
    local, remote = ("Destination", "Source") if inbound else ("Source", "Destination")
    return {
        **actor(e), "ActionType": "InboundConnectionAccepted" if inbound else "ConnectionSuccess",
        "LocalIP": text(e.get(local + "Ip")), "LocalPort": number(e.get(local + "Port")),
        "RemoteIP": text(e.get(remote + "Ip")), "RemotePort": number(e.get(remote + "Port")),
        "RemoteUrl": text(e.get(remote + "Hostname")), "Protocol": text(e.get("Protocol")).capitalize(),
    }


def key_of(path):
    """Sysmon's spelling of a registry path as Defender's."""
    hive, _, rest = text(path).partition("\\")
    path = HIVES.get(hive.upper(), hive) + ("\\" + rest if rest else "")
    return re.sub(r"(?i)^(HKEY_LOCAL_MACHINE\\SYSTEM)\\CurrentControlSet\\", r"\1\\ControlSet001\\", path)


def value_of(details):
    """Type and data of `Details`."""
    details = text(details)
    if found := re.fullmatch(r"([DQ])WORD \((0x[0-9a-fA-F]+(?:-0x[0-9a-fA-F]+)?)\)", details):
        high, _, low = found[2].rpartition("-")
        whole = int(low, 16) | (int(high, 16) << 32 if high else 0)
        return {"RegistryValueType": found[1] + "word", "RegistryValueData": str(whole)}
    if details == "Binary Data":
        return {"RegistryValueType": "Binary", "RegistryValueData": "00"}
    return {"RegistryValueType": "String", "RegistryValueData": "" if details == "(Empty)" else details}


def registry(e):
    path, kind = key_of(e.get("TargetObject")), text(e.get("EventType"))
    key, _, name = path.rpartition("\\")
    value = {**actor(e), "RegistryKey": key, "RegistryValueName": name}
    whole = {**actor(e), "RegistryKey": path}
    return {
        "SetValue": {**value, **value_of(e.get("Details")), "ActionType": "RegistryValueSet"},
        "DeleteValue": {**value, "ActionType": "RegistryValueDeleted"},
        "CreateKey": {**whole, "ActionType": "RegistryKeyCreated"},
        "DeleteKey": {**whole, "ActionType": "RegistryKeyDeleted"},
        "RenameKey": {**whole, "ActionType": "RegistryKeyRenamed"},
    }.get(kind)


def file(e, action):
    return {**actor(e), **hashes(e), "ActionType": action, "FolderPath": text(e.get("TargetFilename")),
            "FileName": basename(e.get("TargetFilename"))}


def loaded(e, action):
    return {**actor(e), **hashes(e), "ActionType": action, "FolderPath": text(e.get("ImageLoaded")),
            "FileName": basename(e.get("ImageLoaded"))}


def two_processes(e, action):
    return {**actor(e, "Source"), "ActionType": action, "FolderPath": text(e.get("TargetImage")),
            "FileName": basename(e.get("TargetImage")), "ProcessId": number(e.get("TargetProcessId"))}


def extra(row, action, **members):
    members = {key: value for key, value in members.items() if value is not None}
    return {**row, "ActionType": action, "AdditionalFields": json.dumps(members, ensure_ascii=False)}


def logon(e, action):
    return {
        "ActionType": action, "AccountName": text(e.get("TargetUserName")).lower(),
        "AccountDomain": text(e.get("TargetDomainName")).lower(), "AccountSid": text(e.get("TargetUserSid")),
        "RemoteIP": text(e.get("IpAddress")), "RemotePort": number(e.get("IpPort")),
        "RemoteDeviceName": text(e.get("WorkstationName")), "LogonId": number(e.get("TargetLogonId")),
        "LogonType": LOGON_TYPES.get(number(e.get("LogonType")), ""),
        "InitiatingProcessFolderPath": text(e.get("ProcessName")).lower(),
    }


def sysmon(e):
    number_of = e["EventID"]
    if number_of in (12, 13, 14):
        row = registry({"EventType": {13: "SetValue"}.get(number_of), **e})
        return ("DeviceRegistryEvents", row) if row else None
    return {
        1: lambda: ("DeviceProcessEvents", {**process(e), "ActionType": "ProcessCreated"}),
        3: lambda: ("DeviceNetworkEvents", connection(e)),
        6: lambda: ("DeviceEvents", loaded(e, "DriverLoad")),
        7: lambda: ("DeviceImageLoadEvents", loaded(e, "ImageLoaded")),
        8: lambda: ("DeviceEvents", two_processes(e, "CreateRemoteThreadApiCall")),
        10: lambda: ("DeviceEvents", two_processes(e, "OpenProcessApiCall")),
        11: lambda: ("DeviceFileEvents", file(e, "FileCreated")),
        17: lambda: ("DeviceEvents", extra(actor(e), "NamedPipeEvent", PipeName=r"\Device\NamedPipe" + text(e.get("PipeName")))),
        22: lambda: ("DeviceEvents", extra(actor(e), "DnsQueryResponse", DnsQueryString=e.get("QueryName"),
                                           DnsQueryResult=e.get("QueryResults"))),
        23: lambda: ("DeviceFileEvents", file(e, "FileDeleted")),
    }.get(number_of, lambda: None)()


def rows(event):
    """The table and row of an event, or None."""
    e = flat(event)
    channel, number_of, found = text(e.get("Channel")), e["EventID"], None
    if channel.endswith("Sysmon/Operational"):
        found = sysmon(e)
    elif channel == "Security":
        found = {
            4624: lambda: ("DeviceLogonEvents", logon(e, "LogonSuccess")),
            4625: lambda: ("DeviceLogonEvents", logon(e, "LogonFailed")),
            4688: lambda: ("DeviceProcessEvents", {**audited_process(e), "ActionType": "ProcessCreated"}),
            4697: lambda: ("DeviceEvents", extra(subject(e), "ServiceInstalled", ServiceName=e.get("ServiceName"))),
            4698: lambda: ("DeviceEvents", extra(subject(e), "ScheduledTaskCreated", TaskName=e.get("TaskName"),
                                                 TaskContent=e.get("TaskContent"))),
            4720: lambda: ("DeviceEvents", {**subject(e), "ActionType": "UserAccountCreated",
                                            "AccountName": text(e.get("TargetUserName")).lower(),
                                            "AccountDomain": text(e.get("TargetDomainName")).lower(),
                                            "AccountSid": text(e.get("TargetSid"))}),
            1102: lambda: ("DeviceEvents", {**subject(e), "ActionType": "SecurityLogCleared"}),
        }.get(number_of, lambda: None)()
    elif channel == "System" and number_of == 7045:
        found = ("DeviceEvents", extra({}, "ServiceInstalled", ServiceName=e.get("ServiceName")))
    elif channel == "Microsoft-Windows-PowerShell/Operational" and number_of == 4104:
        found = ("DeviceEvents", extra({}, "AmsiScriptContent", ScriptContent=e.get("ScriptBlockText")))
    elif channel == "Microsoft-Windows-Windows Defender/Operational" and number_of == 1116:
        found = ("DeviceEvents", extra({"FolderPath": text(e.get("Path"))}, "AntivirusDetection",
                                       ThreatName=e.get("ThreatName", e.get("Threat Name"))))
    if not found:
        return None
    table, row = found
    return table, {**row, "DeviceName": text(e.get("Computer")), "DeviceId": "d"}
