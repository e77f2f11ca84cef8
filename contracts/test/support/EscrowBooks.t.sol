// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId, Limits, OnExpiry, Status, Terms, TokenState} from "../../interfaces/IEscrow.sol";
import {DeployedEscrow} from "./Deployed.t.sol";
import {EscrowFold} from "./EscrowFold.t.sol";
import {FickleDollar} from "./FickleDollar.t.sol";
import {RefillWindow} from "./RefillWindow.t.sol";
import {Vm, vm} from "./Vm.t.sol";

/// @dev Who takes part in a history of the escrow.
struct Cast {
    address admin;
    address operator;
    address guardian;
    address limiter;
}

/// @dev What should be true after everything that has happened, kept by someone who does not look at the contract's storage: each
/// escrow's status, each token's totals, each party's tokens and credits, and what left how fast.
abstract contract EscrowBooks {
    uint256 public constant PARTIES = 5;
    uint256 internal constant ATTESTERS = 3;
    /// @dev Enough for any history, so that none ends for want of tokens.
    uint256 private constant FUNDS = 2 ** 120;

    struct Book {
        Terms terms;
        EscrowId id;
        Status status;
    }

    struct TokenBook {
        uint256 locked;
        uint256 credited;
        uint256 donated;
        RefillWindow window;
    }

    DeployedEscrow internal immutable _escrow;
    EscrowFold internal immutable _fold;
    address internal immutable _test;
    Cast internal _cast;
    FickleDollar[] internal _tokens;
    address[] private _parties;
    address[] private _attesters;
    Book[] internal _books;
    // Times are counted here, never read back: the optimizer may move a read of the clock across a warp.
    uint64 internal _now;

    mapping(address token => TokenBook) internal _tokenBooks;
    mapping(address token => mapping(address owner => uint256)) internal _credits;
    mapping(address token => mapping(address account => uint256)) internal _held;

    /// @dev What the last call changed, so that it can be checked without looking at everything.
    uint256[] private _touched;
    uint256[] private _open;
    mapping(uint256 book => uint256) private _openAt;

    constructor(DeployedEscrow escrow, EscrowFold fold, FickleDollar[] memory tokens, Cast memory cast, uint64 start) {
        _escrow = escrow;
        _fold = fold;
        _test = msg.sender;
        _cast = cast;
        _now = start;
        _tokens = tokens;
        // Kept, because a public key costs the runner as much as a whole call of the escrow.
        for (uint256 p = 0; p < PARTIES; ++p) _parties.push(vm.addr(_partyKey(p)));
        for (uint256 a = 0; a < ATTESTERS; ++a) _attesters.push(vm.addr(_attesterKey(a)));
        for (uint256 a = 1; a < ATTESTERS; ++a) require(_attesters[a] > _attesters[a - 1], "choose keys in order of address");
        for (uint256 t = 0; t < tokens.length; ++t)
            for (uint256 p = 0; p < PARTIES; ++p) {
                vm.prank(cast.admin);
                tokens[t].mint(party(p), FUNDS);
                _held[address(tokens[t])][party(p)] = FUNDS;
                vm.prank(party(p));
                tokens[t].approve(address(escrow), type(uint256).max);
            }
    }

    /// @dev Few parties, so that one is payer here and payee there.
    function party(uint256 index) public view returns (address) {
        return _parties[index % PARTIES];
    }

    /// @dev In ascending order of address.
    function attester(uint256 index) public view returns (address) {
        return _attesters[index % ATTESTERS];
    }

    function count() external view returns (uint256) {
        return _books.length;
    }

    function bookAt(uint256 index) external view returns (Book memory) {
        return _books[index];
    }

    function tokenBook(address token) external view returns (TokenBook memory) {
        return _tokenBooks[token];
    }

    function held(address token, address account) external view returns (uint256) {
        return _held[token][account];
    }

    function credit(address token, address owner) external view returns (uint256) {
        return _credits[token][owner];
    }

    /// @notice The books that the last call changed.
    function touched() external view returns (uint256[] memory) {
        return _touched;
    }

    function _partyKey(uint256 index) internal pure returns (uint256) {
        return 1001 + (index % PARTIES);
    }

    function _attesterKey(uint256 index) internal pure returns (uint256) {
        return 2003 + (index % ATTESTERS);
    }

    modifier happens() {
        delete _touched;
        _;
    }

    /// @dev One call in the name of `by`. The logs of a call that was refused are no logs, though the runner records them.
    function _call(address by, bytes memory data) internal returns (bool ok, bytes memory answer) {
        vm.recordLogs();
        vm.prank(by);
        (ok, answer) = address(_escrow).call(data);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (ok) _fold.follow(logs, address(_escrow));
    }

    function _bookLock(Terms memory terms) internal {
        EscrowId id = _escrow.escrowIdOf(terms);
        _openAt[_books.length] = _open.length;
        _open.push(_books.length);
        _touched.push(_books.length);
        _books.push(Book(terms, id, Status.Locked));
        _held[terms.token][terms.payer] -= terms.amount;
        _tokenBooks[terms.token].locked += terms.amount;
    }

    function _bookCommit(uint256 index) internal {
        Book storage book = _books[index];
        require(book.status == Status.Locked, "committed what was not locked");
        require(_now < book.terms.refundAfter, "committed what anyone may refund");
        _touched.push(index);
        book.status = Status.Committed;
        _take(book.terms);
    }

    /// @dev The operator's release, which the limits bind.
    function _bookRelease(uint256 index, bool paid) internal {
        _take(_books[index].terms);
        _bookEnd(index, Status.Released, _books[index].terms.payee, paid);
    }

    function _bookEnd(uint256 index, Status status, address to, bool paid) internal {
        Book storage book = _books[index];
        require(_isOpen(book.status), "ended twice");
        _touched.push(index);
        book.status = status;
        _close(index);
        TokenBook storage tokenBook_ = _tokenBooks[book.terms.token];
        tokenBook_.locked -= book.terms.amount;
        if (paid) {
            _held[book.terms.token][to] += book.terms.amount;
        } else {
            tokenBook_.credited += book.terms.amount;
            _credits[book.terms.token][to] += book.terms.amount;
        }
    }

    function _bookClaim(address token, address owner, address to) internal {
        uint256 amount = _credits[token][owner];
        _credits[token][owner] = 0;
        _tokenBooks[token].credited -= amount;
        _held[token][to] += amount;
    }

    function _bookLimits(address token, Limits memory from, Limits memory to) internal {
        RefillWindow storage window = _tokenBooks[token].window;
        window.change(from, to, _now);
        require(_state(token).available <= window.left(to), "a change of limits gives back what was taken");
    }

    function _take(Terms memory terms) private {
        _tokenBooks[terms.token].window.take(terms.amount, _state(terms.token).limits, _now);
    }

    function _state(address token) internal view returns (TokenState memory) {
        return _escrow.tokenState(token);
    }

    function _isOpen(Status status) internal pure returns (bool) {
        return status == Status.Locked || status == Status.Committed;
    }

    /// @dev From when on anyone may end an open escrow.
    function _deadline(Book memory book) internal pure returns (uint64) {
        return book.status == Status.Committed ? book.terms.hardDeadline : book.terms.refundAfter;
    }

    /// @dev How an open escrow ends if anyone ends it.
    function _exit(Book memory book) internal pure returns (Status status, address to) {
        if (book.status == Status.Committed && book.terms.onExpiry == OnExpiry.Release)
            return (Status.Released, book.terms.payee);
        return (Status.Refunded, book.terms.payer);
    }

    /// @dev Whether the token lets these two send and receive.
    function _moves(address token, address from, address to) internal view returns (bool) {
        FickleDollar dollar = FickleDollar(token);
        return !(dollar.paused() || dollar.isDenied(from) || dollar.isDenied(to));
    }

    /// @dev Whether the token pays if the escrow tells it to.
    function _pays(address token, address to) internal view returns (bool) {
        return FickleDollar(token).mood() == FickleDollar.Mood.Pays && _moves(token, address(_escrow), to);
    }

    /// @dev What is right must go through, and what is wrong must not.
    function _judge(bool ok, bool must, bool may, string memory action) internal pure {
        require(ok || !must, string.concat("refused what is right: ", action));
        require(may || !ok, string.concat("allowed what is wrong: ", action));
    }

    function _dice(uint256 seed, string memory what, uint256 sides) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what))) % sides;
    }

    /// @dev Mostly one that is open: most of what can happen to a closed escrow is a refusal.
    function _someBook(uint256 seed) internal view returns (bool any, uint256 index) {
        if (_books.length == 0) return (false, 0);
        if (_open.length == 0 || _dice(seed, "any book", 6) == 0) return (true, _dice(seed, "book", _books.length));
        return (true, _open[_dice(seed, "open book", _open.length)]);
    }

    function _openBooks() internal view returns (uint256[] memory) {
        return _open;
    }

    function _close(uint256 index) private {
        uint256 last = _open[_open.length - 1];
        _open[_openAt[index]] = last;
        _openAt[last] = _openAt[index];
        _open.pop();
    }
}
