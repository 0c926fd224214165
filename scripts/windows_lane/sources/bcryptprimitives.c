/* Programs written in Rust ask Windows for random numbers here; Wine has them in advapi32.dll only. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL ProcessPrng(PBYTE into, SIZE_T size)
{
    while (size) {
        ULONG piece = size < 0x40000000 ? (ULONG)size : 0x40000000;
        if (!RtlGenRandom(into, piece))
            return FALSE;
        into += piece;
        size -= piece;
    }
    return TRUE;
}

BOOL WINAPI DllMainCRTStartup(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    return TRUE;
}
