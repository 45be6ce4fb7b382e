namespace NJepa.Interop;

/// <summary>
/// Reads a pickle into tensors' descriptions, plain values and plain containers. It has no way to import, call or construct anything else: instructions that would are unknown to it or refused,
/// and the names that may be called are the few of <see cref="TorchGlobals"/>. Work and memory are bounded: by the pickle's own length, by the number of instructions, and by what a pickle may
/// hold; nothing recurses.
/// </summary>
/// <remarks>The format is that of Python's pickle module, protocols 2 to 5; PyTorch writes protocol 2.</remarks>
internal sealed class Unpickler
{
    public const int MaxBytes = 16 << 20;
    private const int MaxInstructions = 4_000_000;
    private const int MaxPushes = 1_000_000;
    private const int MaxContainers = 300_000;
    private const int MaxRemembered = 500_000;
    private const int MaxNameLength = 512;

    private readonly PickleReader _bytes;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];
    private int _pushes;
    private int _containers;

    private Unpickler(byte[] pickle) => _bytes = new PickleReader(pickle);

    /// <summary>The object that a pickle holds.</summary>
    /// <exception cref="PickleException">It is damaged, too large, or asks for something that is not built here.</exception>
    public static object? Load(byte[] pickle) => pickle.Length <= MaxBytes
        ? new Unpickler(pickle).Run()
        : throw new PickleException($"its list of contents has {pickle.Length} bytes; at most {MaxBytes} are read");

    private object? Run()
    {
        for (int i = 0; i < MaxInstructions; i++)
        {
            int position = _bytes.Position;
            byte instruction = _bytes.Byte();
            if (instruction == (byte)'.')
            {
                return _stack is [var result] && _marks.Count == 0 ? result : throw new PickleException("it ends with more or less than one object");
            }

            if (!Value(instruction) && !Container(instruction) && !Call(instruction))
            {
                throw new PickleException($"it holds the instruction 0x{instruction:X2} at byte {position}, which tensors and plain containers do not need; it is refused");
            }
        }

        throw new PickleException($"it has more than {MaxInstructions} instructions");
    }

    private bool Value(byte instruction)
    {
        switch (instruction)
        {
            case 0x80: // PROTO
                int protocol = _bytes.Byte();
                return protocol is >= 2 and <= 5 ? true : throw new PickleException($"it is of pickle protocol {protocol}; 2 to 5 are read");
            case 0x95: // FRAME: its length only tells how much may be read ahead
                _bytes.Length64();
                return true;
            case (byte)'N':
                Push(null);
                return true;
            case 0x88:
                Push(true);
                return true;
            case 0x89:
                Push(false);
                return true;
            case (byte)'J': // BININT
                Push((long)_bytes.Int32());
                return true;
            case (byte)'K': // BININT1
                Push((long)_bytes.Byte());
                return true;
            case (byte)'M': // BININT2
                Push((long)_bytes.UInt16());
                return true;
            case 0x8A: // LONG1
                Push(_bytes.Integer(_bytes.Byte()));
                return true;
            case (byte)'G': // BINFLOAT
                Push(_bytes.Double());
                return true;
            case (byte)'X': // BINUNICODE
                Push(_bytes.Text(_bytes.UInt32()));
                return true;
            case 0x8C: // SHORT_BINUNICODE
                Push(_bytes.Text(_bytes.Byte()));
                return true;
            case 0x8D: // BINUNICODE8
                Push(_bytes.Text(_bytes.Length64()));
                return true;
            default:
                return false;
        }
    }

    private bool Container(byte instruction)
    {
        switch (instruction)
        {
            case (byte)'(': // MARK
                _marks.Add(_stack.Count);
                Count();
                return true;
            case (byte)'}':
                Push(new PickleDictionary());
                return true;
            case (byte)']':
                Push(new PickleList());
                return true;
            case (byte)')':
                Push(new PickleTuple([]));
                return true;
            case (byte)'t':
                Push(new PickleTuple(PopMarked()));
                return true;
            case 0x85 or 0x86 or 0x87: // TUPLE1 to TUPLE3
                Push(new PickleTuple(Pop(instruction - 0x84)));
                return true;
            case (byte)'a':
                Append(Pop(1));
                return true;
            case (byte)'e':
                Append(PopMarked());
                return true;
            case (byte)'s':
                SetItems(Pop(2));
                return true;
            case (byte)'u':
                SetItems(PopMarked());
                return true;
            case (byte)'q': // BINPUT
                Remember(_bytes.Byte());
                return true;
            case (byte)'r': // LONG_BINPUT
                Remember(_bytes.UInt32());
                return true;
            case 0x94: // MEMOIZE
                Remember(_memo.Count);
                return true;
            case (byte)'h': // BINGET
                Push(Recall(_bytes.Byte()));
                return true;
            case (byte)'j': // LONG_BINGET
                Push(Recall(_bytes.UInt32()));
                return true;
            default:
                return false;
        }
    }

    private bool Call(byte instruction)
    {
        switch (instruction)
        {
            case (byte)'c': // GLOBAL
                Push(TorchGlobals.Find(_bytes.Line(MaxNameLength), _bytes.Line(MaxNameLength)));
                return true;
            case 0x93: // STACK_GLOBAL
                object?[] names = Pop(2);
                Push(names is [string module, string name] ? TorchGlobals.Find(module, name) : throw new PickleException("it refers to something whose name is not a text"));
                return true;
            case (byte)'R': // REDUCE
                object?[] call = Pop(2);
                Push(call is [PickleGlobal global, PickleTuple arguments] ? TorchObjects.Build(global, arguments, Charge) : throw new PickleException("it calls something that is not one of the known names"));
                return true;
            case (byte)'Q': // BINPERSID
                Push(TorchObjects.Storage(Pop(1)[0]));
                return true;
            case (byte)'b': // BUILD: a state dict carries the versions of its modules, which say nothing about the tensors
                object?[] built = Pop(2);
                Push(built is [PickleDictionary, PickleDictionary or null] ? built[0] : throw new PickleException("it sets the state of something that is not a dictionary"));
                return true;
            default:
                return false;
        }
    }

    private void Push(object? value)
    {
        Count();
        if (value is PickleDictionary or PickleList or PickleTuple && ++_containers > MaxContainers)
        {
            throw new PickleException($"it holds more than {MaxContainers} containers");
        }

        _stack.Add(value);
    }

    // Recalling an object makes none, but it lengthens a container; so that is counted as well.
    private void Count() => Charge(1);

    private void Charge(int objects)
    {
        _pushes += objects;
        if (_pushes > MaxPushes)
        {
            throw new PickleException($"it holds more than {MaxPushes} objects");
        }
    }

    private object?[] Pop(int count)
    {
        int start = _stack.Count - count;
        return start >= (_marks.Count > 0 ? _marks[^1] : 0) ? Cut(start) : throw new PickleException("it takes more from its stack than is there");
    }

    private object?[] PopMarked()
    {
        if (_marks.Count == 0)
        {
            throw new PickleException("it closes a container that was never opened");
        }

        int start = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        return Cut(start);
    }

    private object?[] Cut(int start)
    {
        object?[] values = [.. _stack[start..]];
        _stack.RemoveRange(start, values.Length);
        return values;
    }

    private object? Top() => _stack.Count > (_marks.Count > 0 ? _marks[^1] : 0) ? _stack[^1] : throw new PickleException("it uses an object that is not there");

    private void Append(object?[] values)
    {
        if (Top() is not PickleList list)
        {
            throw new PickleException("it appends to something that is not a list");
        }

        list.Items.AddRange(values);
    }

    private void SetItems(object?[] values)
    {
        if (Top() is not PickleDictionary dictionary || values.Length % 2 != 0)
        {
            throw new PickleException("it fills something that is not a dictionary, or not by pairs");
        }

        for (int i = 0; i < values.Length; i += 2)
        {
            dictionary.Items[TorchObjects.Key(values[i])] = values[i + 1];
        }
    }

    private void Remember(long place)
    {
        if (_memo.Count >= MaxRemembered && !_memo.ContainsKey(place))
        {
            throw new PickleException($"it remembers more than {MaxRemembered} objects");
        }

        _memo[place] = Top();
    }

    private object? Recall(long place) => _memo.TryGetValue(place, out object? value) ? value : throw new PickleException($"it recalls object {place}, which it never remembered");
}
