using TorchSharp;

namespace NJepa.Models;

/// <summary>
/// The native runtime below TorchSharp: loads it with a true account of what is wrong when it will not load, reports what was loaded, and
/// turns device names into devices.
/// </summary>
/// <remarks>
/// <para>The libraries reference <c>TorchSharp</c> alone. A program adds one backend package: <c>TorchSharp-cpu</c>, <c>TorchSharp-cuda-linux</c> or
/// <c>TorchSharp-cuda-windows</c>.</para>
/// <para>NJepa calls <see cref="EnsureLoaded"/> by itself. A program that uses TorchSharp before anything of NJepa may call it first, to get the
/// same error messages.</para>
/// <para>All members are safe to call from several threads.</para>
/// </remarks>
public static class NJepaRuntime
{
    private static readonly Lock Gate = new();
    private static volatile bool _loaded;

    /// <summary>Loads the native libraries unless that has been done. Costs next to nothing after the first time.</summary>
    /// <exception cref="NativeRuntimeException">They cannot be loaded; the exception says why and what to do.</exception>
    public static void EnsureLoaded()
    {
        if (_loaded)
        {
            return;
        }

        lock (Gate)
        {
            if (!_loaded)
            {
                NativeRuntimeLoader.Load();
                _loaded = true;
            }
        }
    }

    /// <summary>Reports what was loaded, loading it first if need be.</summary>
    /// <returns>The report; it is made afresh each time, as the number of threads may change.</returns>
    /// <exception cref="NativeRuntimeException">The native libraries cannot be loaded.</exception>
    public static NativeRuntimeInfo GetInfo()
    {
        EnsureLoaded();
        NativePlatform platform = NativePlatform.Current;
        TorchBackend backend = Backend(platform);
        return new NativeRuntimeInfo
        {
            Platform = platform.Name,
            TorchSharpVersion = NativeRuntimeLoader.TorchSharpVersion,
            LibTorchVersion = NativeRuntimeLoader.ReadLibTorchVersion(),
            Backend = backend,
            TorchSharpLibraryPath = NativeRuntimeLoader.LoadedPath(platform.TorchSharpLibrary),
            LibTorchLibraryPath = NativeRuntimeLoader.LoadedPath(platform.LibTorchLibrary),
            CudaDeviceCount = CudaDeviceCount(backend),
            Threads = torch.get_num_threads(),
            InteropThreads = torch.get_num_interop_threads(),
        };
    }

    /// <summary>
    /// Gives native memory that is free, but still held by the process, back to the operating system (Linux with glibc; elsewhere nothing happens). Takes milliseconds. The trainer does it with
    /// each report; call it after disposing large models.
    /// </summary>
    public static void ReleaseFreeMemory() => NativeHeap.Trim();

    /// <summary>Whether <see cref="Precision.BFloat16"/> is quick on a device: always on CUDA; on a processor if it is an x64 one with AVX-512, whose products oneDNN computes.</summary>
    /// <param name="device">The device.</param>
    public static bool HasFastBFloat16(torch.Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type == DeviceType.CUDA || (device.type == DeviceType.CPU && MatrixProducts.ProcessorHasBFloat16);
    }

    /// <summary>Turns a name, as a user types it, into a device that can be used.</summary>
    /// <param name="device">
    /// <c>cpu</c>; <c>cuda</c>, the first GPU; <c>cuda:N</c>, the GPU with that index, from 0; <c>auto</c>, the first GPU if there is one, else the
    /// processor. Upper and lower case are the same.
    /// </param>
    /// <returns>The device.</returns>
    /// <exception cref="ArgumentException"><paramref name="device"/> is none of these.</exception>
    /// <exception cref="NativeRuntimeException">
    /// The native libraries cannot be loaded; or CUDA was asked for and the backend in use is the CPU's (<see cref="NativeRuntimeCause.CudaBackendMissing"/>),
    /// or there is no such GPU (<see cref="NativeRuntimeCause.CudaDeviceMissing"/>).
    /// </exception>
    public static torch.Device ResolveDevice(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        EnsureLoaded();
        NativePlatform platform = NativePlatform.Current;
        TorchBackend backend = Backend(platform);
        var choice = new DeviceChoice
        {
            Platform = platform,
            Backend = backend,
            CudaDeviceCount = CudaDeviceCount(backend),
            LibTorchLibraryPath = NativeRuntimeLoader.LoadedPath(platform.LibTorchLibrary),
            VisibleDevices = Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES"),
        };
        int index = choice.Resolve(device);
        return index < 0 ? new torch.Device(DeviceType.CPU) : new torch.Device(DeviceType.CUDA, index);
    }

    private static TorchBackend Backend(NativePlatform platform) =>
        NativeRuntimeLoader.LoadedPath(platform.CudaLibrary).Length > 0 ? TorchBackend.Cuda : TorchBackend.Cpu;

    private static int CudaDeviceCount(TorchBackend backend) =>
        backend == TorchBackend.Cuda && torch.cuda.is_available() ? torch.cuda.device_count() : 0;
}
