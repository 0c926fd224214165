/* python3.dll: the stable interface, every name of which is forwarded to python311.dll (see the .def file). */
int __stdcall DllMainCRTStartup(void *instance, unsigned reason, void *reserved)
{
    return 1;
}
