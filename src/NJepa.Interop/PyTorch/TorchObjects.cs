using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>Builds what the known names stand for, from arguments that are not trusted.</summary>
internal static class TorchObjects
{
    private const int MaxDimensions = 16;
    private const int MaxDeviceLength = 64;

    /// <summary>What calling a known name with these arguments would give.</summary>
    /// <param name="global">The name.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="charge">Told how many objects are about to be taken over from another container, which a few bytes of a pickle can ask for again and again; it refuses when there are too many.</param>
    public static object? Build(PickleGlobal global, PickleTuple arguments, Action<int> charge) => (global.What, arguments.Items) switch
    {
        (PickleGlobal.Kind.OrderedDictionary, []) => new PickleDictionary(),
        (PickleGlobal.Kind.OrderedDictionary, [PickleList pairs]) => Dictionary(pairs, charge),
        (PickleGlobal.Kind.Size, [PickleTuple sides]) => sides,
        (PickleGlobal.Kind.Device, [string { Length: <= MaxDeviceLength } device]) => device,
        (PickleGlobal.Kind.Device, [string { Length: <= MaxDeviceLength } device, long index]) => FormattableString.Invariant($"{device}:{index}"),
        (PickleGlobal.Kind.Parameter, [PickleTensor tensor, ..]) => tensor,
        (PickleGlobal.Kind.Tensor, [PickleStorage storage, long offset, PickleTuple shape, PickleTuple strides, ..]) => Tensor(storage, storage.Type, offset, shape, strides),
        (PickleGlobal.Kind.TypedTensor, [PickleStorage storage, long offset, PickleTuple shape, PickleTuple strides, _, _, PickleGlobal { What: PickleGlobal.Kind.ElementType } element, ..]) =>
            Tensor(storage, element.Type!.Value, offset, shape, strides),
        _ => throw new PickleException($"it calls '{global.Name}' with arguments that it does not take"),
    };

    /// <summary>The storage that a persistent identifier names: <c>('storage', type, key, place, number of elements)</c>.</summary>
    public static PickleStorage Storage(object? identifier) => identifier switch
    {
        PickleTuple { Items: ["storage", PickleGlobal { What: PickleGlobal.Kind.Storage } type, string key, string, long and >= 0 and var count] } => new PickleStorage(key, type.Type ?? ScalarType.Byte, count),
        _ => throw new PickleException("it holds a reference that is not one to a tensor's storage"),
    };

    private static PickleDictionary Dictionary(PickleList pairs, Action<int> charge)
    {
        charge(pairs.Items.Count);
        var result = new PickleDictionary();
        foreach (object? pair in pairs.Items)
        {
            (object? key, object? value) = pair switch
            {
                PickleTuple { Items: [var first, var second] } => (first, second),
                PickleList { Items: [var first, var second] } => (first, second),
                _ => throw new PickleException("it makes a dictionary of something that is not a pair"),
            };
            result.Items[Key(key)] = value;
        }

        return result;
    }

    /// <summary>A key of a dictionary: only what can be compared at once.</summary>
    public static object Key(object? key) => key is string or long or bool or double
        ? key
        : throw new PickleException("it holds a dictionary with a key that is neither a text nor a number");

    private static PickleTensor Tensor(PickleStorage storage, ScalarType type, long offset, PickleTuple shape, PickleTuple strides)
    {
        long[] sides = Numbers(shape), steps = Numbers(strides);
        if (sides.Length != steps.Length || sides.Length > MaxDimensions || offset < 0)
        {
            throw new PickleException($"it holds a tensor of {sides.Length} sides, {steps.Length} strides and offset {offset}; at most {MaxDimensions} sides, as many strides, and no negative offset are read");
        }

        return new PickleTensor(storage, type, offset, sides, steps);
    }

    private static long[] Numbers(PickleTuple tuple) =>
        [.. tuple.Items.Select(item => item is long and >= 0 and var number ? number : throw new PickleException("it holds a tensor with a side or stride that is not a number of at least 0"))];
}
