using static NJepa.Interop.PickleGlobal;

namespace NJepa.Interop;

/// <summary>
/// The names that a checkpoint may refer to: they stand for tensors, element types and plain containers, which are built here. Every other is refused by name. Nothing is looked up, imported
/// or called.
/// </summary>
internal static class TorchGlobals
{
    private static readonly Dictionary<string, PickleGlobal> Known = All().ToDictionary(global => global.Name, StringComparer.Ordinal);

    public static PickleGlobal Find(string module, string name) => Known.GetValueOrDefault($"{module}.{name}")
        ?? throw new PickleException(
            $"it refers to '{module}.{name}', which is neither a tensor nor a plain container and is not built: a pickle can run any program in that way. If you trust the file, load it in Python and save the "
            + "tensors alone, e.g. torch.save({k: v for k, v in checkpoint['model'].items()}, 'tensors.pth')");

    private static IEnumerable<PickleGlobal> All()
    {
        foreach (TorchElement element in TorchElement.All)
        {
            yield return new PickleGlobal("torch." + element.Storage, Kind.Storage, element.Type);
            yield return new PickleGlobal("torch." + element.Name, Kind.ElementType, element.Type);
        }

        yield return new PickleGlobal("torch.storage.UntypedStorage", Kind.Storage);
        yield return new PickleGlobal("torch.storage._UntypedStorage", Kind.Storage);
        yield return new PickleGlobal("collections.OrderedDict", Kind.OrderedDictionary);
        yield return new PickleGlobal("torch.Size", Kind.Size);
        yield return new PickleGlobal("torch.device", Kind.Device);
        yield return new PickleGlobal("torch._utils._rebuild_tensor_v2", Kind.Tensor);
        yield return new PickleGlobal("torch._utils._rebuild_tensor_v3", Kind.TypedTensor);
        yield return new PickleGlobal("torch._utils._rebuild_parameter", Kind.Parameter);
    }
}
