/* Qt's “windows” plugin imports colour management that Wine's own mscms.dll lacks. Here no monitor has a profile. */
#define NOTHING(name) __declspec(dllexport) long long name(void) { return 0; }

NOTHING(CloseColorProfile)
NOTHING(ColorProfileGetDisplayDefault)
NOTHING(GetColorProfileFromHandle)
NOTHING(OpenColorProfileW)
NOTHING(WcsCreateIccProfile)
NOTHING(WcsGetDefaultColorProfile)
NOTHING(WcsGetDefaultColorProfileSize)
NOTHING(WcsOpenColorProfileW)

int __stdcall DllMainCRTStartup(void *instance, unsigned reason, void *reserved)
{
    return 1;
}
