// What the smallest program outside this repository does: load the runtime and use it. Run by build/outside-use.sh.
using NJepa.Models;
using TorchSharp;

try
{
    Console.WriteLine(NJepaRuntime.GetInfo());
}
catch (NativeRuntimeException exception)
{
    Console.Error.WriteLine($"{exception.Cause}: {exception.Message}");
    return 3;
}

if (args is ["--device", string name])
{
    try
    {
        Console.WriteLine(NJepaRuntime.ResolveDevice(name));
    }
    catch (NativeRuntimeException exception)
    {
        Console.Error.WriteLine($"{exception.Cause}: {exception.Message}");
        return 4;
    }
}

using torch.Tensor ones = torch.ones(3, 4);
using torch.Tensor sums = ones.sum(1);
Console.WriteLine($"A tensor sums to {sums.sum().item<float>()}.");
return sums.sum().item<float>() == 12 ? 0 : 1;
