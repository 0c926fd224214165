/* The python.exe of a virtual environment: runs the one that pyvenv.cfg names (“home”), and ends with it.
   Python is told by __PYVENV_LAUNCHER__ which environment it serves. */
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

#ifdef WINDOWED
#define PROGRAM L"pythonw.exe"
#else
#define PROGRAM L"python.exe"
#endif
#define LONGEST 32768
#define FAILED 103

static wchar_t self[LONGEST], settings[LONGEST], target[LONGEST];

static int up(wchar_t *path)
{
    wchar_t *end = wcsrchr(path, L'\\');
    if (!end)
        return 0;
    *end = 0;
    return 1;
}

static int home_in(const wchar_t *file)
{
    static wchar_t line[LONGEST];
    FILE *opened = _wfopen(file, L"rt, ccs=UTF-8");
    int found = 0;
    while (opened && !found && fgetws(line, LONGEST, opened)) {
        wchar_t *value = wcschr(line, L'=');
        if (wcsncmp(line, L"home", 4) || !value)
            continue;
        value += 1 + wcsspn(value + 1, L" ");
        value[wcscspn(value, L"\r\n")] = 0;
        found = swprintf(target, LONGEST, L"%ls\\%ls", value, PROGRAM) > 0;
    }
    if (opened)
        fclose(opened);
    return found;
}

static int run(void)
{
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    DWORD code = FAILED;

    GetStartupInfoW(&start);
    if (!CreateProcessW(target, GetCommandLineW(), NULL, NULL, TRUE, 0, NULL, NULL, &start, &process))
        return FAILED;
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    AssignProcessToJobObject(job, process.hProcess);
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}

#ifdef WINDOWED
int WINAPI wWinMain(HINSTANCE instance, HINSTANCE previous, LPWSTR line, int show)
#else
int wmain(void)
#endif
{
    if (!GetModuleFileNameW(NULL, self, LONGEST))
        return FAILED;
    wcscpy(settings, self);
    if (!up(settings) || !up(settings) || wcslen(settings) + 16 > LONGEST)
        return FAILED;
    wcscat(settings, L"\\pyvenv.cfg");
    if (!home_in(settings))
        return FAILED;
    SetEnvironmentVariableW(L"__PYVENV_LAUNCHER__", self);
    return run();
}
